"""What the proxy learns of llama-server by asking it: health, models, load."""

from harness import timing, wire
from harness.cases import equal, holds
from harness.llama_server import MODEL, SLOT_TOKENS


def endless(proxy, text="Go on for ever."):
    client = proxy.connect()
    client.send(wire.post_chat(text, stream=True, max_tokens=SLOT_TOKENS - 500))
    return client


def row(proxy):
    return proxy.backends()[0]


def sample(proxy):
    """The last load that was read; empty before the first."""
    return row(proxy)["sample"] or {}


def wait_for_sample(proxy, field, value):
    timing.eventually(lambda: sample(proxy).get(field) == value, f"{field} to be {value}")


def test_an_idle_engine_is_seen_as_idle(world):
    proxy = world.llama_proxy(world.llama_server())

    wait_for_sample(proxy, "requests_running", 0)

    equal(sample(proxy)["requests_waiting"], 0)
    found = row(proxy)
    equal((found["engine"], found["health"], found["models"]), ("llamacpp", "healthy", [MODEL]))
    equal(found["last_error"], None, "what went wrong")


def test_requests_in_slots_and_in_the_queue_are_seen(world):
    proxy = world.llama_proxy(world.llama_server())

    clients = [endless(proxy, f"Go on, {number}.") for number in range(3)]

    wait_for_sample(proxy, "requests_running", 2)
    wait_for_sample(proxy, "requests_waiting", 1)
    equal(row(proxy)["in_flight"], 3, "the proxy's own count")
    for client in clients:
        client.close()
    wait_for_sample(proxy, "requests_running", 0)
    wait_for_sample(proxy, "requests_waiting", 0)


def test_the_prefix_cache_is_seen(world):
    proxy = world.llama_proxy(world.llama_server())
    for _ in range(2):
        equal(proxy.chat("The same again. " * 20, max_tokens=1).status, 200)

    timing.eventually(lambda: (sample(proxy).get("cache_hits") or 0) > 300, "hits of the cache")

    holds(sample(proxy)["cache_queries"] > sample(proxy)["cache_hits"], f"{sample(proxy)}")


def test_readiness_comes_and_goes_with_the_engine(world):
    socket = str(world.room / "engine.sock")
    pool = {"engine": "llamacpp", "models": []}
    poll = {"health_interval": "50ms", "models_interval": "50ms"}
    proxy = world.proxy(f"unix:{socket}", poll=poll, pool=pool)
    equal(proxy.admin("/readyz").status, 503, "before the engine is there")

    server = world.llama_server(socket=socket)

    timing.eventually(lambda: proxy.admin("/readyz").status == 200, "readiness")
    timing.eventually(lambda: proxy.chat(max_tokens=1).status == 200, "an answer")
    server.end()
    timing.eventually(lambda: proxy.admin("/readyz").status == 503, "readiness to go")
    equal(proxy.chat(max_tokens=1).status, 503, "without an engine")


def test_without_metrics_the_engine_is_used_all_the_same(world):
    proxy = world.llama_proxy(world.llama_server(metrics=False))

    timing.eventually(lambda: row(proxy)["last_error"], "the missing metrics to be told")

    equal(proxy.chat(max_tokens=1).status, 200)
    equal((row(proxy)["health"], row(proxy)["sample"]), ("healthy", None))


def test_an_engine_with_a_key(world):
    key = world.room / "key"
    key.write_text("sk-engine\n")
    proxy = world.llama_proxy(world.llama_server("--api-key", "sk-engine"),
                              pool={"api_key_file": str(key), "replace_authorization": True})

    wait_for_sample(proxy, "requests_running", 0)

    equal(proxy.chat(fields=[("Authorization", "Bearer of-the-client")], max_tokens=1).status, 200)
