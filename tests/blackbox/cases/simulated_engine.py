"""Simulated engines behind the proxy: metrics, prefix cache and faults as of a real one."""

from harness import timing, wire
from harness.cases import each, equal, holds

POLL = {"metrics_interval": "100ms", "health_interval": "100ms", "models_interval": "100ms"}


def long_prompt(seed):
    return " ".join(f"{seed}{number:04}" for number in range(1500))


def test_its_models_health_and_metrics_are_understood(world):
    engines = world.mock_engines(2)
    proxy = world.proxy(*engines, poll=POLL, pool={"models": []})

    proxy.wait_until_healthy(2)
    timing.eventually(lambda: proxy.get("/v1/models").json()["data"], "its models")
    timing.eventually(lambda: any(name == "penstock_backend_requests_running"
                                  for name, _, _ in proxy.metrics()), "its metrics")


def test_the_second_request_finds_its_prefix_in_the_cache(world):
    engines = world.mock_engines(3)
    proxy = world.proxy(*engines, poll=POLL)
    proxy.wait_until_healthy(3)
    body = {"max_tokens": 2}
    proxy.chat(long_prompt("a"), **body)

    usage = proxy.chat(long_prompt("a") + " more", **body).json()["usage"]

    cached = usage["prompt_tokens_details"]["cached_tokens"]
    holds(cached > usage["prompt_tokens"] / 2, f"usage: {usage}")
    line = proxy.wait_for_access_lines(2)[1]
    equal(line["cached_tokens"], cached, "cached tokens in the access line")


def test_a_cancelled_request_is_aborted_in_the_engine(world):
    engine = world.mock_engines(1)[0]
    proxy = world.proxy(engine)
    client = proxy.connect()
    client.send(wire.post_chat(stream=True, max_tokens=2000))
    client.read_head()
    client.read_chunk()

    client.close()

    timing.eventually(lambda: any(each.get("cancelled") for each in engine.seen()),
                      "the engine to see the cancellation")


@each([("a 503", '{"status": 503}'), ("a hang", '{"hang": true}'),
       ("a reset after 3 tokens", '{"reset_after": 3}'),
       ("a stall after 3 tokens", '{"stall_after": 3}')])
def test_a_faulty_engine_never_makes_a_stream_look_complete(world, fault):
    engine = world.mock_engines(1)[0]
    engine.faults(fault)
    proxy = world.proxy(engine, server={"first_byte_timeout": "700ms", "idle_timeout": "700ms"})
    client = proxy.connect()
    client.send(wire.post_chat(stream=True, max_tokens=50, fields=[("Connection", "close")]))

    data, _ = client.read_to_end()

    status = int(data.split(b" ", 2)[1])
    if status == 200:
        holds(not data.endswith(wire.LAST_CHUNK), f"it ends as if complete: {data[-300:]!r}")
    else:
        holds(status in (502, 503, 504), f"status {status}")
