"""What is believed of engines' caches beside single prompts: their size, and that they are empty."""

import json

from harness import timing
from harness.cases import equal, holds
from harness.prompts import prompt

JSON = [("Content-Type", "application/json")]
POLL = {"metrics_interval": "50ms", "health_interval": "100ms"}
GAUGES = b"""# TYPE sglang:num_running_reqs gauge
sglang:num_running_reqs{dp_rank="0"} 0
sglang:num_queue_reqs{dp_rank="0"} 0
"""


def answer(tokens):
    usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}
    return json.dumps({"object": "chat.completion", "choices": [], "usage": usage}).encode()


def counters(queries, hits):
    return GAUGES + (f"sglang:prompt_tokens_total {queries}\n"
                     f"sglang:cached_tokens_total {hits}\n").encode()


class Indexed:
    """A proxy with one engine that has served three prompts."""

    def __init__(self, world, page):
        self.engine = world.engine()
        self.engine.answer_all(answer(1600), fields=JSON)
        self.engine.set_metrics(page)
        self.proxy = world.proxy(self.engine, poll=POLL, pool={"engine": "sglang"})
        self.proxy.wait_until_healthy(1)
        for seed in "abc":
            self.proxy.chat(prompt(seed))
        holds(self.blocks() > 0, "nothing is believed")

    def blocks(self):
        return self.proxy.backends()[0]["index"]["blocks"]

    def wait_for_queries(self, count):
        timing.eventually(lambda: self.proxy.backends()[0]["sample"]["cache_queries"] == count,
                          f"a page with {count} queries")


def test_a_new_process_that_has_counted_nothing_yet_has_an_empty_cache(world):
    indexed = Indexed(world, counters(100_000, 50_000))

    indexed.engine.set_metrics(GAUGES)  # labelled counters come with their first count

    timing.eventually(lambda: indexed.blocks() == 0, "nothing to be believed")
    indexed.engine.set_metrics(counters(10, 0))
    indexed.wait_for_queries(10)
    equal(indexed.proxy.log().count("has restarted"), 1, "restarts told")


def test_counters_that_come_back_lower_are_a_new_process(world):
    indexed = Indexed(world, counters(100_000, 50_000))
    pages = iter([GAUGES])
    lower = counters(10, 0)

    indexed.engine.polls["/metrics"] = lambda: (200, "text/plain; version=0.0.4",
                                                next(pages, lower))

    timing.eventually(lambda: indexed.blocks() == 0, "nothing to be believed")


def test_one_page_without_counters_is_no_news(world):
    indexed = Indexed(world, counters(100_000, 50_000))
    blocks = indexed.blocks()
    pages = iter([GAUGES, GAUGES])
    same = counters(100_001, 50_000)

    indexed.engine.polls["/metrics"] = lambda: (200, "text/plain; version=0.0.4",
                                                next(pages, same))

    indexed.wait_for_queries(100_001)
    equal(indexed.blocks(), blocks, "blocks believed")


def test_an_engine_whose_cache_is_switched_off_is_not_believed_to_hold_prompts(world):
    engines = world.mock_engines(1, "--no-prefix-caching", "--no-cache-report", "--speed", "1000")
    proxy = world.proxy(*engines, poll=POLL)
    proxy.wait_until_healthy(1)

    def is_off():
        for _ in range(64):
            proxy.chat(prompt("a"), max_tokens=1)
        return proxy.backends()[0]["cache_off"]

    timing.eventually(is_off, "a cache to be off")
    holds("is its prefix cache switched off?" in proxy.log(), "the operator is told")
    holds(proxy.backends()[0]["index"]["blocks"] > 0, "beliefs may prove right again")
    equal(proxy.metric("penstock_backend_cache_off"), 1, "the gauge")


def test_the_index_has_the_size_of_a_cache_whose_tokens_are_short(world):
    engine = world.engine()
    engine.answer_all(answer(3_500), fields=JSON)  # of some 7,000 bytes
    proxy = world.proxy(engine, balance={"index_tokens": 10_000})
    equal(proxy.backends()[0]["index"]["capacity"], 39, "of tokens with 4 bytes")

    for seed in "abcdefghijklmnopqrst":
        proxy.chat(prompt(seed))

    timing.eventually(lambda: proxy.backends()[0]["index"]["capacity"] == 19,
                      "half of it, with 2 bytes")
