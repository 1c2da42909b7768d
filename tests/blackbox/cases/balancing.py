"""Who gets a request: the holder of its prefix, weighed against load; bursts spread."""

from collections import Counter

from harness.cases import each, equal, holds
from harness.pairs import ALL
from harness.prompts import prompt
from harness.wire import event

PAIRS = ALL


def test_the_same_prompt_goes_to_the_same_backend(world):
    proxy = world.proxy(*world.answering(3))
    for seed in ("red", "green", "blue"):
        first = proxy.chat(prompt(seed)).body
        for turn in range(4):
            equal(proxy.chat(prompt(seed) + f" and turn {turn}").body, first, f"backend of {seed}")


def test_different_prompts_spread(world):
    proxy = world.proxy(*world.answering(3))

    served = Counter(proxy.chat(prompt(f"seed{number}")).body for number in range(30))

    equal(len(served), 3, f"backends used: {served}")


def test_an_explanation_names_the_backend_and_its_score(world):
    engines = world.answering(2)
    proxy = world.proxy(*engines, server={"explain": True})

    response = proxy.chat(prompt("a"), fields=[("X-Penstock-Explain", "1")])

    told = {name.lower(): value for name, value in response.fields
            if name.lower().startswith("x-penstock-")}
    text = " ".join(told.values())
    served_by = next(each for each in engines if each.name.encode() == response.body)
    holds(served_by.url in text, f"the backend is not told: {told}")
    holds("total" in text, f"the score is not told: {told}")


def test_no_explanation_without_leave(world):
    proxy = world.proxy(*world.answering(2))

    response = proxy.chat(fields=[("X-Penstock-Explain", "1")])

    holds("x-penstock-" not in str(response.fields).lower(), "it explained")


@each([("least_load", "least_load"), ("prefix_load", "prefix_load"),
       ("round_robin", "round_robin"), ("power_of_two", "power_of_two")])
def test_a_burst_between_two_polls_spreads(world, policy):
    engines = [world.engine() for _ in range(4)]
    proxy = world.proxy(*engines, balance={"policy": policy})
    client = proxy.client()
    exchanges = [client.post_chat(f"question {number}", stream=True) for number in range(40)]

    requests = [world.next_request(*engines) for _ in exchanges]
    spread = Counter(engine.name for engine, _ in requests)
    for _, request in requests:
        request.respond()

    holds(max(spread.values()) <= 20, f"not spread: {spread}")
    equal(len(spread), 4, f"backends used: {spread}")


def test_prefix_hash_needs_no_memory(world):
    engines = world.answering(3)
    first = world.proxy(*engines, balance={"policy": "prefix_hash"})
    second = world.proxy(*engines, balance={"policy": "prefix_hash"})

    for number in range(12):
        text = prompt(f"seed{number}")
        equal(second.chat(text).body, first.chat(text).body, "the same backend at both proxies")


def test_random_uses_all(world):
    proxy = world.proxy(*world.answering(2), balance={"policy": "random"})

    served = Counter(proxy.chat(f"{number}").body for number in range(40))

    equal(len(served), 2, f"backends used: {served}")


def test_a_backend_of_weight_0_gets_nothing(world):
    used, unused = world.answering(2)
    proxy = world.proxy(used, {"url": unused.url, "weight": 0.0})

    served = {proxy.chat(f"{number}").body for number in range(20)}

    equal(served, {used.name.encode()})


def test_a_backend_at_its_limit_is_passed_over(world):
    engines = [world.engine(), world.engine()]
    proxy = world.proxy(*engines, balance={"max_in_flight": 1})
    streams = []
    for number in range(2):
        exchange = proxy.post_chat(f"stream {number}", stream=True)
        engine, request = world.next_request(*engines)
        request.start_stream()
        exchange.read_head()
        streams.append((engine, exchange, request))
    equal({engine.name for engine, _, _ in streams}, {"1", "2"}, "backends used")

    refused = proxy.chat("one too many")

    holds(refused.status in (429, 503), f"status {refused.status}")
    _, exchange, request = streams[0]
    request.send_chunk(event("on"))
    exchange.expect(event("on"))


def test_the_polled_queue_decides(world):
    busy, idle = world.answering(2)
    busy.set_metrics(b"vllm:num_requests_running 64\nvllm:num_requests_waiting 50\n")
    proxy = world.proxy(busy, idle, balance={"policy": "least_load", "stale_after": "60s"},
                        poll={"metrics_interval": "100ms"})
    proxy.wait_until_healthy(2)
    proxy.wait_for_metric("penstock_backend_requests_waiting", 50)

    served = Counter(proxy.chat(f"{number}").body for number in range(10))

    equal(set(served), {idle.name.encode()}, f"backends used: {served}")
