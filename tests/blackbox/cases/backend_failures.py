"""Who fails requests is named, though its health is good."""

from harness import timing, wire
from harness.cases import each, equal, holds
from harness.wire import chunk, event

FAILURES = "penstock_backend_failures_total"


def failures_of(proxy, engine):
    return {row["url"]: row["failures"] for row in proxy.backends()}[engine.url]


def wait_for_failures(proxy, engine, count):
    """Of this backend, as /backends tells them and as the metric does."""
    timing.eventually(lambda: failures_of(proxy, engine)["total"] == count,
                      f"{count} failures of {engine.url}")
    equal(proxy.metric(FAILURES, pool="default", backend=engine.url), count, "the metric")
    return failures_of(proxy, engine)


def begun_stream(proxy, engine):
    """(client, request) of a stream whose head has been sent."""
    client = proxy.connect()
    client.send(wire.post_chat(stream=True))
    request = engine.next_request()
    request.start_stream()
    return client, request


def test_answers_of_500_are_counted_against_their_backend(world):
    good, bad = world.engine(), world.engine()
    good.answer_all()
    bad.answer_all(b'{"error":"out of memory"}', status=500)
    proxy = world.proxy(good, bad, balance={"policy": "round_robin"})
    proxy.wait_until_healthy(2)

    for number in range(6):
        proxy.chat(f"request {number}")

    told = wait_for_failures(proxy, bad, 3)
    equal((told["last_minute"], told["last_reason"]), (3, "engine_error"))
    holds(told["last_seconds_ago"] < timing.limit(), f"the last one was {told}")
    wait_for_failures(proxy, good, 0)
    page = proxy.admin("/backends").json()
    equal((page["requests"], page["errors"]), (6, 3), "requests and errors")
    equal((page["last_minute"]["requests"], page["last_minute"]["errors"]), (6, 3), "last minute")
    equal(proxy.backends()[1]["health"], "healthy")


def test_the_log_names_a_failing_backend_once(world):
    engine = world.engine()
    engine.answer_all(status=500)
    proxy = world.proxy(engine)

    for number in range(5):
        proxy.chat(f"request {number}")

    proxy.wait_for_log("a backend fails requests")
    equal(proxy.log().count("a backend fails requests"), 1)


@each([("a refused connect", lambda engine: engine.refuse(), "connect_failed"),
       ("an answer of 503", lambda engine: engine.answer_all(status=503), "engine_loading")])
def test_a_failure_that_another_backend_made_good_is_counted(world, fail, reason):
    good, bad = world.engine(), world.engine()
    good.answer_all(b"served")
    proxy = world.proxy(bad, good, balance={"policy": "round_robin"})
    fail(bad)  # not before the proxy has its ports: one of them might be that of an engine that refuses

    equal({proxy.chat(f"request {number}").body for number in range(4)}, {b"served"})

    failed = sum(line["attempts"] - 1 for line in proxy.wait_for_access_lines(4))
    holds(failed > 0, "no second try")
    equal(wait_for_failures(proxy, bad, failed)["last_reason"], reason)
    page = proxy.admin("/backends").json()
    equal(page["errors"], 0, "no client has seen it")


def test_a_stream_that_breaks_off_is_counted(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client, request = begun_stream(proxy, engine)
    client.read_head()
    request.send_chunk(event("one"))
    client.expect(chunk(event("one")))

    request.close()
    client.read_to_end()

    equal(wait_for_failures(proxy, engine, 1)["last_reason"], "upstream_closed")


def test_an_error_within_a_stream_is_counted(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client, request = begun_stream(proxy, engine)
    request.send_chunk(b'data: {"error":{"message":"out of memory","code":500}}\n\n')
    request.end_stream()
    client.read_response()

    equal(wait_for_failures(proxy, engine, 1)["last_reason"], "engine_error")


def test_a_clients_own_fault_counts_against_nobody(world):
    engine = world.engine()
    engine.answer_all(b'{"error":"no such field"}', status=400)
    proxy = world.proxy(engine)

    equal(proxy.chat().status, 400)

    proxy.wait_for_metric("penstock_requests_total", 1)
    wait_for_failures(proxy, engine, 0)
    equal(proxy.admin("/backends").json()["errors"], 0)
