"""Who gets a request: the holder of its prefix, weighed against load; bursts spread."""

import json
from collections import Counter

from harness import config, timing, wire
from harness.client import Client
from harness.cases import each, equal, holds
from harness.pairs import ALL, once
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


@once("a decision, whoever asks")
def test_pools_take_turns_for_themselves(world):
    pools = [config.pool(name, [engine.url for engine in world.answering(2)], models=[name],
                         balance={"policy": "round_robin"}) for name in ("one", "two")]
    proxy = world.proxy_of(pools=pools)

    served = Counter(proxy.chat(model=name).body for _ in range(10) for name in ("one", "two"))

    equal(sorted(served.values()), [5, 5, 5, 5], "requests of each backend")


@once("a decision, whoever asks")
def test_a_shadow_takes_turns_for_itself(world):
    pools = [config.pool(name, [engine.url for engine in world.answering(2)], models=[name],
                         balance={"policy": "prefix_hash", "shadow": "round_robin"})
             for name in ("one", "two")]
    proxy = world.proxy_of(pools=pools)

    for _ in range(10):
        for name in ("one", "two"):
            proxy.chat(prompt("the same"), model=name)

    for name in ("one", "two"):
        equal(proxy.metric("penstock_shadow_decisions_total", pool=name, agrees="yes"), 5, name)
GAUGES = (b"# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running %d\n"
          b"vllm:num_requests_waiting 0\n")
POLLED_OFTEN = {"metrics_interval": "20ms", "health_interval": "100ms"}
JSON = [("Content-Type", "application/json")]


def explained(proxy, body):
    client = Client(proxy.admin_url)
    try:
        return client.ask(wire.request(target="/explain", body=body)).json()
    finally:
        client.close()


def answer_with_usage(prompt_tokens, completion_tokens):
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    return json.dumps({"object": "chat.completion", "choices": [], "usage": usage}).encode()


@once("a decision, whoever asks")
@each([("prefix_load", "prefix_load"), ("least_load", "least_load")])
def test_a_gauge_that_always_says_nothing_attracts_nobody(world, policy):
    engines = [world.engine() for _ in range(2)]
    held = Counter()

    def hold(number):
        def begin(request):
            held[number] += 1
            request.start_stream()
            request.send_chunk(event("on"))
        return begin

    for number, engine in enumerate(engines):
        engine.on_request = hold(number)
    engines[0].set_metrics(GAUGES % 0)
    engines[1].polls["/metrics"] = lambda: (200, "text/plain; version=0.0.4", GAUGES % held[1])
    proxy = world.proxy(*engines, poll=POLLED_OFTEN, balance={"policy": policy})
    proxy.wait_until_healthy(2)

    clients = [proxy.connect() for _ in range(30)]
    for number, client in enumerate(clients):
        client.send(wire.post_chat(f"question {number}", stream=True))
        client.read_head()
        proxy.wait_for_metric("penstock_backend_requests_running", held[1],
                              backend=engines[1].url)

    holds(max(held.values()) <= 20, f"streams at each: {held}")


@once("a decision, whoever asks")
def test_prompts_of_answers_in_one_piece_wait_no_longer_than_prompts_do(world):
    engine = world.engine()  # takes requests and answers none
    proxy = world.proxy(engine)
    clients = [proxy.connect() for _ in range(5)]
    for number, client in enumerate(clients):
        client.send(wire.post_chat(prompt(f"seed{number}")))
    for _ in clients:
        world.next_request(engine)

    def queue():
        return explained(proxy, wire.chat("new"))["candidates"][0]["terms_ms"]["queue"]

    timing.eventually(lambda: queue() < 100, "their prompts to count as prefilled")


@once("a decision, whoever asks")
def test_one_lie_in_usage_does_not_spoil_what_is_expected(world):
    engine = world.engine()
    engine.answer_all(answer_with_usage(1600, 100), fields=JSON)
    proxy = world.proxy(engine)
    for number in range(5):
        proxy.chat(prompt(f"seed{number}"))
    before = explained(proxy, wire.chat("x"))["output_tokens"]

    engine.answer_all(answer_with_usage(2**47, 2**47), fields=JSON)
    proxy.chat(prompt("a lie"))

    after = explained(proxy, wire.chat("x"))["output_tokens"]
    holds(after < 1.5 * before, f"expected of an answer: {before} before, {after} after")


@once("a decision, whoever asks")
def test_one_engines_word_makes_no_other_proxies(world):
    engines = world.answering(4)
    engines[0].set_metrics(GAUGES % 1000)
    proxy = world.proxy(*engines, poll=POLLED_OFTEN)
    proxy.wait_until_healthy(4)
    proxy.wait_for_metric("penstock_backend_requests_running", 1000)
    for number in range(20):
        proxy.chat(prompt(f"seed{number}"))

    told = explained(proxy, wire.chat(prompt("never seen")))

    equal([each["held_blocks"] for each in told["candidates"]], [0] * 4, "blocks believed there")


@once("a decision, whoever asks")
def test_weights_of_any_scale_leave_a_prompt_where_it_is_cached(world):
    engines = world.answering(3)
    proxy = world.proxy(*[{"url": each.url, "weight": 1000.0} for each in engines])

    served = Counter(proxy.chat("abcd " * 600).body for _ in range(12))

    equal(len(served), 1, f"backends used: {served}")
