"""Data-parallel ranks behind one URL: each is a backend for itself, at one server's address."""

from collections import Counter

from harness import config, timing, wire
from harness.cases import equal, holds
from harness.prompts import prompt

POLL = {"metrics_interval": "50ms", "health_interval": "100ms", "models_interval": "100ms"}
RANK = "x-data-parallel-rank"


def ranked(world, ranks, **more):
    engine = world.mock_engines(1, "--data-parallel-size", ranks)[0]
    proxy = world.proxy({"url": engine.url, "ranks": ranks}, poll=POLL, **more)
    proxy.wait_until_healthy(ranks)
    return engine, proxy


def rank_of(logged):
    return next((int(value) for name, value in logged["headers"] if name.lower() == RANK), None)


def test_each_rank_is_a_backend_with_a_name_of_its_own(world):
    engine, proxy = ranked(world, 3)

    equal(sorted(each["url"] for each in proxy.backends()),
          [f"{engine.url}#{number}" for number in range(3)], "backends")


def test_requests_name_the_rank_that_was_picked(world):
    engine, proxy = ranked(world, 4, balance={"policy": "round_robin"})

    for _ in range(8):
        equal(proxy.chat(max_tokens=1, fields=[("X-Data-Parallel-Rank", "0")]).status, 200)

    seen = [rank_of(each) for each in engine.seen()]
    equal(Counter(seen), {0: 2, 1: 2, 2: 2, 3: 2}, "ranks asked for")
    told = [line["backend"].rsplit("#")[1] for line in proxy.wait_for_access_lines(8)]
    equal([int(each) for each in told], seen, "ranks in the access lines")


def test_a_prompt_goes_to_the_rank_that_has_it_cached(world):
    _, proxy = ranked(world, 3)
    for seed in ("red", "green", "blue"):
        proxy.chat(prompt(seed), max_tokens=1)

    for seed in ("blue", "red", "green"):
        usage = proxy.chat(prompt(seed) + " more", max_tokens=1).json()["usage"]
        cached = usage["prompt_tokens_details"]["cached_tokens"]
        holds(cached > usage["prompt_tokens"] / 2, f"{seed}: {usage}")


def test_each_ranks_load_is_its_own(world):
    _, proxy = ranked(world, 2, balance={"policy": "round_robin"})
    client = proxy.connect()
    client.send(wire.post_chat(stream=True, max_tokens=2000))
    client.read_head()

    def told():
        running = {each["url"]: (each["sample"] or {}).get("requests_running")
                   for each in proxy.backends()}
        return sorted(running.values(), key=str) == [0, 1]
    timing.eventually(told, "one request on one of the ranks")
    client.close()


def test_a_reload_to_more_ranks_keeps_those_that_are_there(world):
    engine = world.mock_engines(1, "--data-parallel-size", 4)[0]
    proxy = world.proxy({"url": engine.url, "ranks": 2}, poll=POLL)
    proxy.wait_until_healthy(2)
    client = proxy.connect()
    client.send(wire.post_chat(stream=True, max_tokens=2000))
    client.read_head()
    client.read_chunk()

    proxy.write_config(pools=[config.pool("default", [{"url": engine.url, "ranks": 4}], POLL)])
    proxy.reload()

    proxy.wait_until_healthy(4)
    equal(sum(each["in_flight"] for each in proxy.backends()), 1, "requests in flight")
    client.close()
