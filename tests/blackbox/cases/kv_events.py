"""An engine's KV-cache events: what it tells of its cache decides where prompts go."""

import json

from harness import config, timing
from harness.cases import each, equal, holds
from harness.kv_publisher import KvPublisher, cleared, removed, stored
from harness.prompts import prompt

TOKENS = 1600  # of each prompt here: 100 blocks of the engine
FORMS = ("map", "array")
JSON = [("Content-Type", "application/json")]


def answer(tokens=TOKENS, **more):
    usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1, **more}
    return json.dumps({"object": "chat.completion", "choices": [], "usage": usage}).encode()


class Followed:
    """A proxy with one engine whose events the case publishes."""

    def __init__(self, world, form="map", rank=0, **more):
        replays = more.pop("replays", True)
        self.form = form
        self.rank = rank  # that its batches name
        self.publisher = KvPublisher(**more)
        world.engines.append(self.publisher)
        self.engine = world.engine()
        self.engine.answer_all(answer(), fields=JSON)
        self.proxy = world.proxy(self.publisher.backend(self.engine, replays))
        self.publisher.wait_for_subscriber()

    def hashes(self, seed):
        return [seed * 1000 + at for at in range(TOKENS // 16)]

    def store(self, seed, **more):
        """What an engine stores for prompt `seed`."""
        tokens = [seed * 10_000 + at for at in range(TOKENS)]
        self.publish(stored(self.hashes(seed), tokens, form=self.form), **more)

    def publish(self, *events, **more):
        self.publisher.publish(*events, rank=self.rank, **more)

    def serve(self, seed):
        """A prompt of ours and what is stored for it. How many of its blocks are paired."""
        before = self.paired()
        request_of = self.engine.on_request

        def respond(request):
            self.store(seed)
            request.respond(200, JSON, answer())

        self.engine.on_request = respond
        equal(self.proxy.chat(prompt(str(seed))).status, 200, "status")
        self.engine.on_request = request_of
        timing.eventually(lambda: self.paired() > before, "the prompt to be paired")
        return self.paired() - before

    def paired(self):
        return self.kv()["prompt_blocks_paired"]

    def kv(self):
        return self.proxy.backends()[0]["kv_events"]

    def believed(self):
        """Blocks that the prefix index believes the engine holds."""
        return self.proxy.backends()[0]["index"]["blocks"]

    def expect_believed(self, blocks):
        timing.eventually(lambda: self.believed() == blocks,
                          f"{blocks} blocks believed held; it says {self.proxy.backends()[0]}")

    def expect(self, **values):
        timing.eventually(lambda: all(self.kv()[name] == value for name, value in values.items()),
                          f"{values}; it says {self.kv()}")


@each([(form, form) for form in FORMS])
def test_what_an_engine_evicts_is_believed_no_longer(world, form):
    followed = Followed(world, form)
    blocks = followed.serve(1)
    followed.expect_believed(blocks)
    followed.expect(state="following", engine_blocks=100)

    followed.publisher.publish(removed(followed.hashes(1)[50:], form))
    timing.eventually(lambda: followed.believed() < blocks, "fewer blocks believed")
    half = followed.believed()
    followed.publisher.publish(removed(followed.hashes(1)[:50], form))

    followed.expect_believed(0)
    holds(blocks // 2 - 1 <= half <= blocks // 2 + 1, f"{half} of {blocks} at the half")


@each([(f"{form}, rank {rank}", form, rank) for form in FORMS for rank in (0, 3)])
def test_clear_all_leaves_nothing_believed(world, form, rank):
    followed = Followed(world, form, rank)
    followed.expect_believed(0)
    followed.serve(1)

    followed.publish(cleared(form))

    followed.expect_believed(0)
    followed.expect(cleared=1, engine_blocks=0)


def test_a_gap_is_filled_by_a_replay(world):
    followed = Followed(world)
    followed.serve(1)
    followed.publisher.publish(removed(followed.hashes(1)), lost=True)
    followed.store(2)

    followed.expect_believed(0)
    followed.expect(gaps=0, replays=1, state="following")
    equal(followed.publisher.replays_asked, [1], "where the replay began")


def test_a_replay_without_topics_is_understood(world):
    followed = Followed(world, topic_in_replay=False)
    followed.serve(1)
    followed.publisher.publish(removed(followed.hashes(1)), lost=True)
    followed.store(2)

    followed.expect_believed(0)


@each([(f"rank {rank}", rank) for rank in (0, 3)])
def test_a_gap_without_replay_makes_what_was_told_void(world, rank):
    followed = Followed(world, rank=rank, replays=False)
    blocks = followed.serve(1)
    followed.publish(removed(followed.hashes(1)), lost=True)
    followed.store(2)

    followed.expect(gaps=1, replays=0, engine_blocks=100, state="following")
    followed.expect_believed(blocks)  # it may well be there still


def test_what_a_replay_cannot_bring_any_more_is_a_gap(world):
    followed = Followed(world)
    followed.serve(1)
    followed.publisher.publish(removed(followed.hashes(1)), lost=True)
    followed.publisher.kept.clear()
    followed.store(2)

    followed.expect(gaps=1, replays=0, replays_failed=1, state="following")


def test_a_replay_without_end_is_given_up(world):
    """It goes on and on, while the batches held back for it grow."""
    followed = Followed(world)
    asked = []
    followed.publisher.replays.on_message = lambda connection, _: asked.append(connection)
    followed.publisher.number = 7
    large = stored([1], list(range(100, 228)) * 20_000)

    for _ in range(10):
        followed.publish(large)

    timing.eventually(lambda: asked, "the replay to be asked for")
    followed.expect(replays_failed=1, stored=10, state="following")
    asked[0].send([b"", b"", bytes(8), b"\x92\xc0\x90"])
    followed.store(2)
    followed.expect(stored=11, gaps=0, undecodable=0)


def test_what_was_stored_before_is_learned_by_a_replay(world):
    publisher = KvPublisher()
    world.engines.append(publisher)
    for seed in range(5):
        publisher.publish(stored([seed], [seed * 16 + at for at in range(16)]))
    proxy = world.proxy(publisher.backend(world.engine()))
    publisher.wait_for_subscriber()

    publisher.publish(stored([5], [9] * 16))

    timing.eventually(lambda: proxy.backends()[0]["kv_events"]["engine_blocks"] == 6, "all blocks")


@each([(f"rank {rank}", rank) for rank in (0, 3)])
def test_a_restart_leaves_nothing_believed(world, rank):
    followed = Followed(world, rank=rank)
    followed.serve(1)

    followed.publisher.restart()
    followed.store(2)

    followed.expect_believed(0)
    followed.expect(restarts=1, engine_blocks=100)


def test_garbage_is_counted_and_survived(world):
    followed = Followed(world, replays=False)
    followed.serve(1)

    followed.publisher.send([b"", b"short", b"garbage"])
    followed.publisher.send([b"only one frame"])
    followed.publisher.send([b""] * 40)
    followed.publisher.send([b"", bytes(8), b"\xdd\xff\xff\xff\xff"])
    followed.publisher.publish(cleared())

    followed.expect_believed(0)
    followed.expect(undecodable=4, gaps=0, state="following")


def test_events_of_several_ranks_make_one_cache(world):
    ranks = [KvPublisher(), KvPublisher()]
    world.engines.extend(ranks)
    proxy = world.proxy(ranks[0].backend(world.engine()))
    ranks[0].wait_for_subscriber()
    for rank in (0, 1):
        ranks[0].publish(stored([rank + 1], [7] * 16), rank=rank)
    held = lambda: proxy.backends()[0]["kv_events"]["engine_blocks"]
    timing.eventually(lambda: held() == 1, "the block that both hold")

    ranks[0].publish(removed([1]), rank=0)
    ranks[0].publish(stored([3], [8] * 16), rank=1)
    timing.eventually(lambda: held() == 2, "the block of one rank, and another")
    ranks[0].publish(removed([2]), rank=1)

    timing.eventually(lambda: held() == 1, "the last block")


def test_a_lost_connection_degrades_and_comes_back(world):
    followed = Followed(world)
    followed.serve(1)
    capacity = lambda: followed.proxy.backends()[0]["index"]["capacity"]
    exact = capacity()

    followed.publisher.events.drop()
    timing.eventually(lambda: followed.publisher.subscribers == 2, "it to come back")
    followed.publisher.publish(removed(followed.hashes(1)))

    followed.expect_believed(0)
    followed.expect(state="following", gaps=0)
    timing.eventually(lambda: capacity() == exact, "the same capacity")
    holds(b"are not followed" in followed.proxy.log().encode(), "the log is silent")


def test_answers_correct_what_is_believed_while_no_events_come(world):
    engine = world.engine()
    engine.answer_all(answer(), fields=JSON)
    proxy = world.proxy({"url": engine.url, "kv_events": "tcp://127.0.0.1:1"})
    believed = lambda: proxy.backends()[0]["index"]["blocks"]
    for seed in "abc":
        proxy.chat(prompt(seed))
    before = believed()

    engine.answer_all(answer(prompt_tokens_details={"cached_tokens": 0}), fields=JSON)
    proxy.chat(prompt("c"))  # the newest is gone: so are those before it

    timing.eventually(lambda: believed() == before // 3, "a third of the blocks believed")


def test_events_correct_what_is_believed_and_answers_do_not(world):
    followed = Followed(world)
    blocks = followed.serve(1) + followed.serve(2)
    followed.engine.answer_all(answer(prompt_tokens_details={"cached_tokens": 0}), fields=JSON)

    followed.proxy.chat(prompt("2"))
    followed.proxy.wait_for_access_lines(3)

    equal(followed.believed(), blocks, "blocks believed")


def test_a_backend_that_is_followed_no_longer_has_the_guessed_capacity(world):
    followed = Followed(world)
    followed.serve(1)
    exact = followed.proxy.backends()[0]["index"]["capacity"]

    followed.proxy.write_config(pools=[config.pool("default", [followed.engine.url])])
    followed.proxy.reload()

    timing.eventually(lambda: "kv_events" not in followed.proxy.backends()[0]
                      or followed.kv() is None, "the events to be left alone")
    timing.eventually(lambda: followed.proxy.backends()[0]["index"]["capacity"] == exact / 2,
                      "the guessed capacity")


def test_an_engine_that_is_gone_is_told(world):
    followed = Followed(world)
    followed.serve(1)
    before = followed.proxy.backends()[0]["index"]["capacity"]

    followed.publisher.close()

    followed.expect(state="disconnected")
    timing.eventually(lambda: followed.proxy.backends()[0]["index"]["capacity"] == before / 2,
                      "the guessed capacity")
    equal(followed.proxy.metric("penstock_kv_events_followed"), 0, "followed")


def test_metrics_tell_of_events(world):
    followed = Followed(world)
    blocks = followed.serve(1)
    followed.publisher.publish(removed(followed.hashes(1)))
    followed.expect_believed(0)

    metric = followed.proxy.metric
    equal(metric("penstock_kv_events_followed"), 1, "followed")
    equal(metric("penstock_kv_events_total", kind="stored"), 1, "stored")
    equal(metric("penstock_kv_events_total", kind="removed"), 1, "removed")
    equal(metric("penstock_kv_events_prompt_blocks_total", result="paired"), blocks, "paired")
    equal(metric("penstock_kv_events_prompt_blocks_total", result="unpaired"), 0, "unpaired")


def test_a_prompt_goes_where_its_blocks_came_back(world):
    """Evicted here, stored there for somebody else: the next request goes there."""
    publishers = [KvPublisher(), KvPublisher()]
    world.engines.extend(publishers)
    engines = [world.engine(), world.engine()]
    hashes = list(range(1, 101))
    event = stored(hashes, list(range(TOKENS)))

    def answering(at):
        def respond(request):
            publishers[at].publish(event)
            request.respond(200, [("X-Engine", str(at)), *JSON], answer())
        return respond

    for at, engine in enumerate(engines):
        engine.on_request = answering(at)
    proxy = world.proxy(*(one.backend(engine) for one, engine in zip(publishers, engines)))
    for one in publishers:
        one.wait_for_subscriber()
    first = int(proxy.chat(prompt("a")).field("X-Engine"))
    timing.eventually(lambda: proxy.metric("penstock_kv_events_prompt_blocks_total",
                                           result="paired") > 0, "the prompt to be paired")

    publishers[first].publish(removed(hashes))
    publishers[1 - first].publish(event)
    timing.eventually(lambda: proxy.backends()[first]["index"]["blocks"] == 0, "the eviction")
    timing.eventually(lambda: proxy.backends()[1 - first]["index"]["blocks"] > 0, "the news")

    for _ in range(5):
        equal(int(proxy.chat(prompt("a")).field("X-Engine")), 1 - first, "the engine")


def test_a_simulated_engines_evictions_are_followed(world):
    """A cache of ten prompts: what is believed cached is what the engine finds."""
    program = world.run("engine", "--listen", "127.0.0.1:0", "--kv-blocks", "1100", "--prefill-rate",
                        "1000000", "--kv-events", "tcp://127.0.0.1:*", "--kv-replay",
                        "tcp://127.0.0.1:*")
    _, url = program.wait_for_line("engine ").split()
    _, events, replays = program.wait_for_line("events ").split()
    proxy = world.proxy({"url": url, "kv_events": events, "kv_replay": replays},
                        balance={"index_tokens": 1_000_000})
    state = lambda: proxy.backends()[0]["kv_events"]
    ask = lambda seed: proxy.chat(prompt(seed), max_tokens=1)

    def begun():
        """What was stored before anybody listened is told by a replay with the next batch."""
        ask(f"{len(proxy.access_lines())} begins")
        return state()["state"] == "following"

    timing.eventually(begun, "events to be followed", every=0.2)
    timing.eventually(lambda: state()["prompt_blocks_paired"] > 0, "a first pair")
    for seed in "abcdefghijkl":  # one by one: prompts of one length at one time cannot be told apart
        before = state()["prompt_blocks_paired"]
        ask(seed)
        timing.eventually(lambda: state()["prompt_blocks_paired"] > before, f"'{seed}' to be paired")
    timing.eventually(lambda: state()["removed"] > 0, "evictions")
    for seed in "al":
        ask(seed)
    lines = timing.eventually(lambda: [line for line in proxy.access_lines()[-2:]
                                       if line["cached_tokens"] > 0] and proxy.access_lines()[-2:],
                              "both answers in the log")

    equal(lines[0]["predicted_blocks"], 0, "what is believed of an evicted one")
    equal(lines[0].get("cached_tokens", 0), 0, "what the engine finds of it")
    holds(lines[1]["predicted_blocks"] >= 6 and lines[1]["cached_tokens"] > 0, f"the last: {lines[1]}")
