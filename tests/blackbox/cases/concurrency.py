"""Many streams at once over simulated engines, while the config changes: nothing is lost."""

import json
import selectors
import threading
import time

from harness import config, timing, wire
from harness.cases import equal, holds, long_case
from harness.client import Client

TOKENS = 30


class Stream:
    """One streamed request, read by a selector; collects its bytes."""

    def __init__(self, proxy, number):
        self.number = number
        self.client = Client(proxy.url)
        self.client.send(wire.post_chat(f"stream {number}", stream=True, max_tokens=TOKENS,
                                        seed=number, fields=[("Connection", "close")]))
        self.client.socket.setblocking(False)
        self.data = b""

    def read(self):
        """True while more may come."""
        try:
            data = self.client.socket.recv(1 << 16)
        except BlockingIOError:
            return True
        self.data += data
        return bool(data)


def read_all(streams):
    """Reads all of them until each has ended."""
    selector = selectors.DefaultSelector()
    for stream in streams:
        selector.register(stream.client.socket, selectors.EVENT_READ, stream)
    left = len(streams)
    end = time.monotonic() + timing.limit(150)
    while left:
        holds(time.monotonic() < end, f"{left} of {len(streams)} streams did not end in time")
        for key, _ in selector.select(1):
            if not key.data.read():
                selector.unregister(key.fileobj)
                key.data.client.close()
                left -= 1


def content_of(data):
    """The text of a whole, properly ended stream."""
    head, _, rest = data.partition(b"\r\n\r\n")
    holds(head.startswith(b"HTTP/1.1 200 "), f"answered with {head[:200]!r} {rest[:300]!r}")
    body = b""
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line, 16)
        if size == 0:
            break
        body += rest[:size]
        rest = rest[size + 2:]
    holds(b"data: [DONE]" in body, f"not done: {body[-200:]!r}")
    text = ""
    for line in body.splitlines():
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:]).get("choices", []):
                text += (choice.get("delta") or {}).get("content") or ""
    return text


def direct_contents(engines, count):
    """What the engines answer to the same requests without a proxy."""
    streams = [Stream(engines[number % len(engines)], number) for number in range(count)]
    read_all(streams)
    return [content_of(stream.data) for stream in streams]


class Reloader(threading.Thread):
    """Writes two good configs and a broken one in turn, each second."""

    def __init__(self, proxy, tables):
        super().__init__(daemon=True)
        self.proxy = proxy
        self.texts = [config.document(**each) for each in tables]
        self.texts.append(self.texts[0].replace("[server]", "[server]\nbroken ="))
        self.stopped = threading.Event()
        self.count = 0

    def run(self):
        while not self.stopped.wait(1):
            self.proxy.write_text(self.texts[self.count % 3])
            self.count += 1

    def stop(self):
        self.stopped.set()
        self.join()


def many_streams(world, count, rounds=1):
    engines = world.mock_engines(4)
    urls = [engine.url for engine in engines]
    pool = config.pool("default", urls)
    shared = {"server": {"workers": 2, "drain_timeout": "60s"}}
    proxy = world.proxy_of(pools=[pool], **shared)
    expected = direct_contents(engines, count)
    log = {"log": {"access_file": str(proxy.access_path)}}
    other = config.pool("default", list(reversed(urls)))
    reloader = Reloader(proxy, [{"pools": [each], **shared, **log} for each in (other, pool)])
    reloader.start()
    for _ in range(rounds):
        streams = [Stream(proxy, number) for number in range(count)]
        read_all(streams)
        for stream in streams:
            equal(content_of(stream.data), expected[stream.number], f"text of stream {stream.number}")
    reloader.stop()
    lines = proxy.wait_for_access_lines(count * rounds)
    equal(sum(line["outcome"] == "ok" for line in lines), count * rounds, "good access lines")
    holds(proxy.running(), "the proxy has ended")


def test_200_streams_over_4_engines_while_the_config_changes(world):
    many_streams(world, 200)


@long_case
def test_1000_streams_over_4_engines_while_the_config_changes(world):
    many_streams(world, 1000, rounds=3)
