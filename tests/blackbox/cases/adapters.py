"""LoRA adapters: requests go where theirs is loaded, spread when that is not enough, and those for
one that is loaded nowhere go to one place together."""

from collections import Counter

from harness import timing, wire
from harness.cases import equal, holds
from harness.client import Client
from harness.pairs import SIMULATED, once
from harness.prompts import prompt

PAIRS = SIMULATED

POLL = {"metrics_interval": "50ms", "health_interval": "100ms", "models_interval": "100ms"}
ADAPTERS = [f"lora-{number}" for number in range(6)]


ENDLESS = ("--stall-after", 1)  # an answer is at work until its client goes, however long that takes


def adapter_engines(world, count, slots, *flags):
    named = [word for name in ADAPTERS for word in ("--adapter", name)]
    return world.mock_engines(count, *named, "--max-loras", slots, "--adapter-load-ms", 200, *flags)


def ready_proxy(world, engines, **more):
    proxy = world.proxy(*engines, poll=POLL, pool={"models": []}, **more)
    proxy.wait_until_healthy(len(engines))
    timing.eventually(lambda: all(each["models_listed"] for each in proxy.backends()),
                      "the lists of models")
    return proxy


def engine_of(response):
    return response.field("X-Engine-Id")


def rooms(proxy, **asked):
    """What such a request would find, by backend, as the worker that decides sees it."""
    client = Client(proxy.admin_url)
    try:
        told = client.ask(wire.request(target="/explain", body=wire.chat(**asked))).json()
    finally:
        client.close()
    return {each["backend"]: each["adapter"] for each in told["candidates"]}


def test_an_adapter_stays_where_it_was_loaded(world):
    proxy = ready_proxy(world, adapter_engines(world, 3, 2))
    homes = {name: engine_of(proxy.chat(model=name, max_tokens=1)) for name in ADAPTERS}

    for turn in range(3):
        for name in ADAPTERS:
            response = proxy.chat(f"turn {turn}", model=name, max_tokens=1)
            equal(engine_of(response), homes[name], f"home of {name}")

    equal(sorted(Counter(homes.values()).values()), [2, 2, 2], "adapters of each engine")


def test_a_burst_for_a_cold_adapter_goes_to_one_backend(world):
    engines = adapter_engines(world, 3, 2)
    proxy = ready_proxy(world, engines)

    exchanges = [proxy.post_chat(model=ADAPTERS[0], stream=True, max_tokens=1) for _ in range(3)]

    served = {engine_of(exchange.read_head()) for exchange in exchanges}
    equal(len(served), 1, "engines that load it")


def test_an_adapter_with_more_requests_than_one_backend_likes_spreads(world):
    proxy = ready_proxy(world, adapter_engines(world, 3, 2))

    exchanges = [proxy.post_chat(prompt(f"seed{number}"), model=ADAPTERS[0], stream=True,
                                 max_tokens=1)  # each keeps a backend busy for longer than a load
                 for number in range(20)]

    served = Counter(engine_of(exchange.read_head()) for exchange in exchanges)
    holds(len(served) > 1, f"engines used: {served}")


def test_who_would_wait_for_a_slot_goes_where_one_is_idle(world):
    # No answer ends, so nothing is learned of how long they take here: what is believed is the same
    # of both engines.
    engines = adapter_engines(world, 2, 1, *ENDLESS)
    proxy = ready_proxy(world, engines)
    held = proxy.post_chat(model=ADAPTERS[0], stream=True)
    at_work = engine_of(held.read_head())
    busy, idle = sorted(engines, key=lambda engine: engine.name != at_work)

    for name in ADAPTERS[1:]:
        def one_waits():
            found = rooms(proxy, model=name)
            return found[busy.url] == "busy" and found[idle.url] in ("free", "idle")
        timing.eventually(one_waits, "a slot that is not at work, beside one that is")
        exchange = proxy.post_chat(model=name, stream=True)
        equal(engine_of(exchange.read_head()), idle.name, f"engine of {name}")
        exchange.close()
    held.close()


def test_adapters_at_work_and_slots_are_told(world):
    engine = adapter_engines(world, 1, 4, *ENDLESS)[0]
    proxy = ready_proxy(world, [engine])
    exchange = proxy.post_chat(model=ADAPTERS[3], stream=True)
    exchange.read_head()

    def told():
        sample = proxy.backends()[0]["sample"]
        return sample and sample["adapters"] == [ADAPTERS[3]] and sample["adapter_slots"] == 4
    timing.eventually(told, "the adapter at work")
    exchange.close()


# --- Adapters named beside the model, on scripted engines that list none.


@once("what is believed of an engine that answers nothing")
def test_no_adapter_is_believed_where_its_request_failed(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    engine.on_request = lambda request: request.reset()

    equal(proxy.chat(lora_path="sql").status, 502)

    equal(rooms(proxy, lora_path="sql"), {engine.url: "free"})


@once("what is believed, whoever asks")
def test_a_clients_inventions_push_no_adapter_out(world):
    engine = world.engine()
    engine.answer_all()
    proxy = world.proxy(engine)
    equal(proxy.chat(lora_path="sql").status, 200)
    clients = [proxy.connect() for _ in range(40)]
    engine.on_request = None
    for number, client in enumerate(clients):
        client.send(wire.post_chat(lora_path=f"invented {number}"))
    held = [engine.next_request() for _ in clients]

    equal(rooms(proxy, lora_path="sql"), {engine.url: "loaded"}, "while they are asked")
    for request in held:
        request.respond(400)
    for client in clients:
        equal(client.read_response().status, 400)

    equal(rooms(proxy, lora_path="sql"), {engine.url: "loaded"}, "afterwards")
