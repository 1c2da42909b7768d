"""What holds for an exchange whichever protocol its client and its engine speak.

Cases about one protocol's bytes stand in files of their own.
"""

import hashlib
import signal

from harness import timing, wire
from harness.cases import each, equal, holds
from harness.pairs import MIXED
from harness.wire import DONE, event

PAIRS = MIXED  # also those of which one side alone is over TLS
LARGE = bytes(range(256)) * (1 << 14)  # 4 MiB
ANY = [{"paths": ["/**"], "methods": ["*"], "pool": "default"}]


class Between:
    """A proxy between a client and an engine."""

    def __init__(self, world, **tables):
        self.engine = world.engine()
        self.proxy = world.proxy(self.engine, **tables)
        self.client = self.proxy.client()

    def begun_stream(self):
        """A streamed answer whose first token has arrived."""
        exchange = self.client.post_chat(stream=True)
        request = self.engine.next_request()
        request.start_stream()
        equal(exchange.read_head().status, 200)
        request.send_chunk(event("one"))
        exchange.expect(event("one"))
        return exchange, request


def test_a_token_arrives_before_the_engine_sends_the_next(world):
    between = Between(world)
    exchange, request = between.begun_stream()

    for number in range(10):
        request.send_chunk(event(f"token {number}"))
        exchange.expect(event(f"token {number}"))
    request.send_chunk(DONE)
    exchange.expect(DONE)
    request.end_stream()

    exchange.expect_end()
    equal(between.proxy.wait_for_access_lines(1)[0]["outcome"], "ok")


def test_a_whole_answer_and_its_fields(world):
    between = Between(world)
    exchange = between.client.post_chat(fields=[("X-B", "2"), ("X-A", ""), ("Cookie", "a=b; c=d"),
                                           ("Authorization", "Bearer sk-1")])
    request = between.engine.next_request()
    request.respond(200, [("Content-Type", "application/json"), ("Set-Cookie", "a=1"),
                          ("Set-Cookie", "b=2"), ("X-C", "3")], b'{"whole":true}')
    response = exchange.read_response()

    equal(request.version, {"h1": "HTTP/1.1", "h2": "HTTP/2"}[world.pair.engine])
    equal((request.method, request.target, request.body), ("POST", wire.CHAT, wire.chat()))
    for name, value in (("X-B", "2"), ("X-A", ""), ("Cookie", "a=b; c=d"),
                        ("Authorization", "Bearer sk-1"), ("Content-Type", "application/json")):
        equal(request.field(name), value, f"{name} at the engine")
    equal((response.status, response.body), (200, b'{"whole":true}'))
    equal(response.all("Set-Cookie"), ["a=1", "b=2"])
    equal((response.field("x-c"), response.field("content-length")), ("3", "14"))


def test_large_bodies_arrive_exactly_both_ways(world):
    between = Between(world)
    body = wire.chat("x" * len(LARGE))
    exchange = between.client.post_chat("x" * len(LARGE))
    request = between.engine.next_request()
    between.engine.in_background(lambda: request.respond(body=LARGE))
    response = exchange.read_response()

    holds(request.body == body, "the request's body changed on its way")
    holds(response.body == LARGE, "the answer's body changed on its way")


def test_trailers_arrive(world):
    between = Between(world)
    exchange = between.client.post_chat(stream=True)
    request = between.engine.next_request()

    request.start_stream()
    request.send_chunk(b"one")
    trailers = [("Grpc-Status", "0"), ("X-Checksum", "abc")]
    request.end_stream(trailers)
    response = exchange.read_response()

    equal((response.body, response.trailers), (b"one", world.pair.passed(trailers)))


def test_answers_without_a_body_end_with_their_head(world):
    between = Between(world, routes=ANY)
    for method, status, fields in (("HEAD", 200, [("Content-Length", "5")]), ("GET", 204, [])):
        exchange = between.client.start(method, "/x")
        request = between.engine.next_request()
        request.respond_without_body(status, fields)
        response = exchange.read_response()

        equal((request.method, response.status, response.body), (method, status, b""))
        equal(response.field("content-length"), "5" if method == "HEAD" else None)


def test_several_exchanges_go_on_at_once(world):
    between = Between(world)
    pairs = [between.begun_stream() for _ in range(5)]

    for number in range(3):
        for exchange, request in reversed(pairs):
            request.send_chunk(event(f"token {number}"))
            exchange.expect(event(f"token {number}"))
    for exchange, request in pairs:
        request.end_stream()
        exchange.expect_end()


def test_an_engines_own_error_passes(world):
    between = Between(world)
    exchange = between.client.post_chat()
    between.engine.next_request().respond(500, [], b"broken inside", "Internal Server Error")
    response = exchange.read_response()

    equal((response.status, response.body), (500, b"broken inside"))


def test_refusals_have_their_status(world):
    between = Between(world, server={"max_body": "1KiB"})

    for status, exchange in ((404, between.client.start("GET", "/nowhere")),
                             (404, between.client.post_chat(model="nobody-serves-this")),
                             (413, between.client.post_chat("x" * 2000))):
        response = exchange.read_response()
        equal((response.status, response.field("content-type")), (status, "application/json"))
    between.engine.expect_no_request()


def test_a_request_without_a_key_is_refused(world):
    keys = world.room / "keys"
    keys.write_text(f"{hashlib.sha256(b'sk-secret').hexdigest()} team\n")
    between = Between(world, auth={"keys_file": str(keys)})
    between.engine.answer_all(b"answer")

    equal(between.client.chat().status, 401)
    known = between.client.post_chat(fields=[("Authorization", "Bearer sk-secret")])

    equal(known.read_response().body, b"answer")


def test_engines_that_cannot_be_reached_are_told(world):
    between = Between(world)
    between.engine.refuse()

    equal(between.client.chat().status, 502)


def test_an_engine_that_says_nothing_is_told(world):
    between = Between(world, server={"first_byte_timeout": "300ms"})
    exchange = between.client.post_chat()
    request = between.engine.next_request()

    equal(exchange.read_response().status, 504)
    request.expect_cancelled()


def test_another_engine_is_tried_before_the_answer(world):
    dead, alive = world.engine(), world.engine()
    alive.answer_all(b"alive")
    dead.refuse()
    client = world.proxy(dead, alive, balance={"policy": "round_robin"}).client()

    for _ in range(4):
        equal(client.chat().body, b"alive")


def test_a_client_that_cancels_ends_the_engines_request_alone(world):
    between = Between(world)
    going, other = between.begun_stream()
    cancelled, request = between.begun_stream()

    cancelled.cancel()
    request.expect_cancelled()

    equal(between.proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")
    other.send_chunk(event("still"))
    going.expect(event("still"))


@each([("its request alone", "break_off"), ("with its connection", "close")])
def test_an_engine_that_goes_within_its_answer_cannot_be_taken_for_done(world, how):
    between = Between(world)
    exchange, request = between.begun_stream()

    getattr(request, how)()

    holds(b'"error"' in exchange.expect_broken(), "no error event")
    equal(between.proxy.wait_for_access_lines(1)[0]["outcome"], "broken")


def test_a_slow_reader_gets_everything_and_holds_up_nobody(world):
    between = Between(world)
    slow = between.client.post_chat("slow", stream=True)
    request = between.engine.next_request()
    body = LARGE * 4
    between.engine.in_background(lambda: request.respond(body=body))
    between.engine.answer_all(b"quick")

    for _ in range(3):
        equal(between.proxy.chat().body, b"quick")

    holds(slow.read_response().body == body, "the body changed on its way")


def test_a_drain_lets_streams_end(world):
    between = Between(world)
    exchange, request = between.begun_stream()

    between.proxy.signal(signal.SIGTERM)
    timing.eventually(lambda: between.proxy.admin("/readyz").status == 503, "readiness to go")
    request.send_chunk(event("still"))
    exchange.expect(event("still"))
    request.end_stream()
    exchange.expect_end()
    exchange.close()  # else the proxy lingers

    equal(between.proxy.wait_for_end(), 0, "exit status")
