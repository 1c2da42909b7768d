"""Before the first response byte another backend is tried; after it never."""

import json
import time

from harness.cases import each, equal, holds
from harness.pairs import ALL

PAIRS = ALL


def dead_engine(world):
    engine = world.engine()
    engine.refuse()
    return engine


def test_a_refused_connection_costs_the_client_nothing(world):
    alive = world.engine()
    alive.answer_all(b"alive")
    proxy = world.proxy(dead_engine(world), alive, balance={"policy": "round_robin"})

    for number in range(10):
        equal(proxy.chat(f"request {number}").body, b"alive")

    holds(any(line["attempts"] == 2 for line in proxy.wait_for_access_lines(10)),
          "no access line tells of a second attempt")


def test_an_engine_that_is_loading_is_passed_over(world):
    loading, ready = world.engine(), world.engine()
    loading.answer_all(b'{"error":"loading"}', status=503)
    ready.answer_all(b"ready")
    proxy = world.proxy(loading, ready, balance={"policy": "round_robin"})

    for number in range(6):
        equal(proxy.chat(f"request {number}").body, b"ready")


def test_the_same_request_id_is_not_sent_twice(world):
    first, second = world.engine(), world.engine()
    exchange = world.proxy(first, second).post_chat(fields=[("X-Request-Id", "mine")])

    engine, request = world.next_request(first, second)
    request.respond(503)
    other = second if engine is first else first
    again = other.next_request()
    again.respond(body=b"served")

    equal(exchange.read_response().body, b"served")
    equal(again.body, request.body, "the body of the second attempt")
    ids = [request.field("X-Request-Id"), again.field("X-Request-Id")]
    holds(ids[0] != ids[1] and all(each.startswith("mine-") for each in ids), f"ids: {ids}")


def test_at_most_two_more_backends_are_tried(world):
    engines = [world.engine() for _ in range(4)]
    tried = []
    for engine in engines:
        engine.on_request = lambda request, engine=engine: (tried.append(engine.name),
                                                            request.respond(503))
    proxy = world.proxy(*engines)

    response = proxy.chat()

    equal(response.status, 503)
    equal(len(tried), 3, "backends tried")
    equal(len(set(tried)), 3, "different backends tried")


@each([("refused", 502, "connect_failed")])
def test_all_backends_refusing_is_told(world, status, code):
    proxy = world.proxy(dead_engine(world), dead_engine(world))

    response = proxy.chat()

    holds(response.status in (status, 503), f"status {response.status}")
    holds(response.error_code() in (code, "no_healthy_backend"), f"code {response.error_code()}")


@each([("429", 429), ("400", 400), ("404", 404), ("500", 500)])
def test_an_engines_own_answer_is_not_retried(world, status):
    first, second = world.engine(), world.engine()
    exchange = world.proxy(first, second).post_chat()
    engine, request = world.next_request(first, second)

    request.respond(status, [("Retry-After", "7")], b'{"error":"mine"}')
    response = exchange.read_response()

    equal((response.status, response.body), (status, b'{"error":"mine"}'))
    equal(response.field("Retry-After"), "7")
    (second if engine is first else first).expect_no_request()


def test_why_a_backend_is_out_of_reach_is_told_to_the_operator_alone(world):
    engine = world.engine()
    engine.refuse()
    proxy = world.proxy(engine)

    response = proxy.chat()

    equal((response.status, response.error_code()), (502, "connect_failed"))
    equal(response.json()["error"]["message"], "The backend could not be reached.")
    line, = proxy.wait_for_access_lines(1)
    equal(line["error_detail"], "Connection refused")


def test_no_healthy_backend_is_told_at_once(world):
    engine = world.engine()
    engine.set_health(503)
    proxy = world.proxy(engine, poll={"health_interval": "100ms"})

    start = time.monotonic()
    response = proxy.chat()
    took = time.monotonic() - start

    equal(response.status, 503)
    equal(response.error_code(), "no_healthy_backend")
    holds(response.field("Retry-After"), "no Retry-After")
    holds(took < 10, f"it took {took:.1f} s")


def test_an_unhealthy_backend_gets_nothing_and_returns_when_well(world):
    sick, well = world.engine(), world.engine()
    well.answer_all(b"well")
    sick.answer_all(b"sick")
    sick.set_health(503)
    proxy = world.proxy(sick, well, poll={"health_interval": "100ms"},
                        balance={"policy": "round_robin"})
    proxy.wait_until_healthy(1)
    equal({proxy.chat(f"{number}").body for number in range(6)}, {b"well"})

    sick.set_health(200)
    proxy.wait_until_healthy(2)

    equal({proxy.chat(f"{number}").body for number in range(6)}, {b"well", b"sick"})


def test_an_engine_that_dies_is_noticed_and_found_again(world):
    mortal, other = world.engine(), world.engine()
    mortal.answer_all(b"mortal")
    other.answer_all(b"other")
    proxy = world.proxy(mortal, other, balance={"policy": "round_robin"},
                        poll={"health_interval": "100ms", "fall": 1})
    proxy.wait_until_healthy(2)

    mortal.refuse()
    for number in range(10):
        equal(proxy.chat(f"{number}").body, b"other")
    # The failures are told to the control thread, which may come to them after all of the answers.
    proxy.wait_until_unhealthy(1)
    mortal.resume()
    proxy.wait_until_healthy(2)

    equal({proxy.chat(f"{number}").body for number in range(8)}, {b"mortal", b"other"})


def test_nothing_is_tried_again_after_the_first_response_byte(world):
    first, second = world.engine(), world.engine()
    exchange = world.proxy(first, second).post_chat(stream=True)
    engine, request = world.next_request(first, second)

    request.start_stream()
    exchange.read_head()
    request.reset()
    exchange.expect_broken()

    (second if engine is first else first).expect_no_request()
    engine.expect_no_request()


def test_a_fresh_connection_that_dies_before_the_answer_ends_in_502(world):
    engine = world.engine()
    engine.on_request = lambda request: request.close()
    proxy = world.proxy(engine)

    response = proxy.chat()

    equal(response.status, 502)
    holds(json.loads(response.body)["error"]["message"], "no message")
