"""Publishes KV-cache events as vLLM and SGLang do: a PUB socket for the batches and a ROUTER for
replays. Written from the description of the wire in include/penstock/kv_events/event.h."""

import struct
import time

from . import msgpack, timing, zmtp

END_OF_REPLAY = 2 ** 64 - 1


def stored(hashes, tokens, parent=None, block_size=16, form="map", **more):
    """`tokens`: of all blocks. `more`: further fields of the map form."""
    if form == "array":
        return ["BlockStored", hashes, parent, tokens, block_size, None, "GPU"]
    return {"type": "BlockStored", "block_hashes": hashes, "parent_block_hash": parent,
            "token_ids": tokens, "block_size": block_size, "lora_id": None, "medium": "GPU",
            "lora_name": None, "extra_keys": [None] * len(hashes), "group_idx": 0,
            "kv_cache_spec_kind": "full_attention", **more}


def removed(hashes, form="map"):
    if form == "array":
        return ["BlockRemoved", hashes, "GPU"]
    return {"type": "BlockRemoved", "block_hashes": hashes, "medium": "GPU"}


def cleared(form="map"):
    return ["AllBlocksCleared"] if form == "array" else {"type": "AllBlocksCleared"}


class KvPublisher:
    def __init__(self, topic=b"", topic_in_replay=True):
        self.topic = topic
        self.topic_in_replay = topic_in_replay
        self.number = 0
        self.kept = []
        self.replays_asked = []  # the numbers they were to begin with
        self.subscribers = 0
        self.events = zmtp.Bound("PUB", self._subscribed)
        self.replays = zmtp.Bound("ROUTER", self._replay)

    def backend(self, engine, replays=True, **more):
        """The engine as an entry of `backends`."""
        entry = {"url": engine.url, "kv_events": self.events.endpoint, **more}
        return {**entry, "kv_replay": self.replays.endpoint} if replays else entry

    def wait_for_subscriber(self, count=1):
        timing.eventually(lambda: self.subscribers >= count, f"subscriber {count}")

    def publish(self, *events, rank=0, lost=False):
        """One batch. `lost`: it is kept for replays, but nobody gets it now."""
        payload = msgpack.pack([time.time(), list(events), rank])
        frames = [self.topic, struct.pack(">Q", self.number), payload]
        self.kept.append((self.number, frames))
        self.number += 1
        if not lost:
            self.send(frames)

    def send(self, frames):
        """These frames, whatever they are."""
        for each in list(self.events.connections):
            each.send(frames)

    def restart(self):
        """Another process in its place, on the same ports."""
        self.number = 0
        self.kept = []

    def close(self):
        self.events.close()
        self.replays.close()

    def _subscribed(self, _, frames):
        if frames[0][:1] == b"\x01":
            self.subscribers += 1

    def _replay(self, connection, frames):
        start = int.from_bytes(frames[1], "big")
        self.replays_asked.append(start)
        topic = [b""] if self.topic_in_replay else []
        for number, (_, stamp, payload) in self.kept:
            if number >= start:
                connection.send([b"", *topic, stamp, payload])
        connection.send([b"", *topic, struct.pack(">Q", END_OF_REPLAY), b""])
