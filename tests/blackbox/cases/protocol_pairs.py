"""What holds for an exchange whichever protocol its client and its engine speak.

Cases about one protocol's bytes stand in files of their own.
"""

import hashlib
import signal

from harness import timing, wire
from harness.cases import each, equal, holds
from harness.certificate import files, self_signed, server_context
from harness.config import Sub
from harness.exchanges import AnyClient
from harness.wire import DONE, event

LARGE = bytes(range(256)) * (1 << 14)  # 4 MiB

# (label, protocol, over TLS)
CLIENTS = [("HTTP/1.1", "HTTP/1.1", False), ("HTTP/2", "HTTP/2", False),
           ("HTTP/1.1 over TLS", "HTTP/1.1", True), ("HTTP/2 over TLS", "HTTP/2", True)]
# (label, options of its pool, what it offers by ALPN)
ENGINES = [("HTTP/1.1", {}, None), ("HTTP/2", {"protocol": "h2c"}, None),
           ("HTTP/1.1 over TLS", {}, ["http/1.1"]), ("HTTP/2 over TLS", {}, ["http/1.1", "h2"])]
PAIRS = [(f"{client[0]} to {engine[0]}", client, engine) for client in CLIENTS for engine in ENGINES]
ANY = [{"paths": ["/**"], "methods": ["*"], "pool": "default"}]


class Between:
    """A proxy between a client and engines of these protocols."""

    def __init__(self, world, client, engine, engines=None, **tables):
        _, protocol, secured = client
        _, pool, offered = engine
        listener = {"address": "127.0.0.1:0"}
        own = self_signed(world.room) if secured or offered else None
        certificate, _ = files(world.room)
        if secured:
            listener["tls"] = own
        if offered:
            pool = {**pool, "tls": Sub({"ca_file": str(certificate)})}
        self.engines = engines or [world.engine()]
        for each_engine in self.engines:
            each_engine.tls = server_context(world.room, offered) if offered else None
        self.engine = self.engines[0]
        self.proxy = world.proxy(*self.engines, listeners=[listener], pool=pool, **tables)
        self.client = AnyClient(self.proxy.url, protocol, certificate if secured else None)

    def begun_stream(self):
        """A streamed answer whose first token has arrived."""
        exchange = self.client.chat(stream=True)
        request = self.engine.next_request()
        request.start_stream()
        equal(exchange.read_status(), 200)
        request.send_chunk(event("one"))
        exchange.expect(event("one"))
        return exchange, request


@each(PAIRS)
def test_a_token_arrives_before_the_engine_sends_the_next(world, client, engine):
    between = Between(world, client, engine)
    exchange, request = between.begun_stream()

    for number in range(10):
        request.send_chunk(event(f"token {number}"))
        exchange.expect(event(f"token {number}"))
    request.send_chunk(DONE)
    exchange.expect(DONE)
    request.end_stream()

    exchange.expect_end()
    equal(between.proxy.wait_for_access_lines(1)[0]["outcome"], "ok")


@each(PAIRS)
def test_a_whole_answer_and_its_fields(world, client, engine):
    between = Between(world, client, engine)
    exchange = between.client.chat(fields=[("X-B", "2"), ("X-A", ""), ("Cookie", "a=b; c=d"),
                                           ("Authorization", "Bearer sk-1")])
    request = between.engine.next_request()
    request.respond(200, [("Content-Type", "application/json"), ("Set-Cookie", "a=1"),
                          ("Set-Cookie", "b=2"), ("X-C", "3")], b'{"whole":true}')
    outcome = exchange.read_outcome()

    equal((request.method, request.target, request.body), ("POST", wire.CHAT, wire.chat()))
    for name, value in (("X-B", "2"), ("X-A", ""), ("Cookie", "a=b; c=d"),
                        ("Authorization", "Bearer sk-1"), ("Content-Type", "application/json")):
        equal(request.field(name), value, f"{name} at the engine")
    equal((outcome.status, outcome.body), (200, b'{"whole":true}'))
    equal([value for name, value in outcome.fields if name == "set-cookie"], ["a=1", "b=2"])
    equal((outcome.field("x-c"), outcome.field("content-length")), ("3", "14"))


@each(PAIRS)
def test_large_bodies_arrive_exactly_both_ways(world, client, engine):
    between = Between(world, client, engine)
    body = wire.chat("x" * len(LARGE))
    exchange = between.client.chat("x" * len(LARGE))
    request = between.engine.next_request()
    between.engine.in_background(lambda: request.respond(body=LARGE))
    outcome = exchange.read_outcome()

    holds(request.body == body, "the request's body changed on its way")
    holds(outcome.body == LARGE, "the answer's body changed on its way")


@each(PAIRS)
def test_trailers_arrive(world, client, engine):
    between = Between(world, client, engine)
    exchange = between.client.chat(stream=True)
    request = between.engine.next_request()

    request.start_stream()
    request.send_chunk(b"one")
    request.end_stream([("Grpc-Status", "0"), ("X-Checksum", "abc")])
    outcome = exchange.read_outcome()

    equal((outcome.body, outcome.trailers), (b"one", [("grpc-status", "0"), ("x-checksum", "abc")]))


@each(PAIRS)
def test_answers_without_a_body_end_with_their_head(world, client, engine):
    between = Between(world, client, engine, routes=ANY)
    for method, status, fields in (("HEAD", 200, [("Content-Length", "5")]), ("GET", 204, [])):
        exchange = between.client.start(method, "/x")
        request = between.engine.next_request()
        request.respond_without_body(status, fields)
        outcome = exchange.read_outcome()

        equal((request.method, outcome.status, outcome.body), (method, status, b""))
        equal(outcome.field("content-length"), "5" if method == "HEAD" else None)


@each(PAIRS)
def test_several_exchanges_go_on_at_once(world, client, engine):
    between = Between(world, client, engine)
    pairs = [between.begun_stream() for _ in range(5)]

    for number in range(3):
        for exchange, request in reversed(pairs):
            request.send_chunk(event(f"token {number}"))
            exchange.expect(event(f"token {number}"))
    for exchange, request in pairs:
        request.end_stream()
        exchange.expect_end()


@each(PAIRS)
def test_an_engines_own_error_passes(world, client, engine):
    between = Between(world, client, engine)
    exchange = between.client.chat()
    between.engine.next_request().respond(500, [], b"broken inside", "Internal Server Error")
    outcome = exchange.read_outcome()

    equal((outcome.status, outcome.body), (500, b"broken inside"))


@each(PAIRS)
def test_refusals_have_their_status(world, client, engine):
    between = Between(world, client, engine, server={"max_body": "1KiB"})

    for status, exchange in ((404, between.client.start("GET", "/nowhere")),
                             (404, between.client.chat(model="nobody-serves-this")),
                             (413, between.client.chat("x" * 2000))):
        outcome = exchange.read_outcome()
        equal((outcome.status, outcome.field("content-type")), (status, "application/json"))
    between.engine.expect_no_request()


@each(PAIRS)
def test_a_request_without_a_key_is_refused(world, client, engine):
    keys = world.room / "keys"
    keys.write_text(f"{hashlib.sha256(b'sk-secret').hexdigest()} team\n")
    between = Between(world, client, engine, auth={"keys_file": str(keys)})
    between.engine.answer_all(b"answer")

    equal(between.client.chat().read_outcome().status, 401)
    known = between.client.chat(fields=[("Authorization", "Bearer sk-secret")])

    equal(known.read_outcome().body, b"answer")


@each(PAIRS)
def test_engines_that_cannot_be_reached_are_told(world, client, engine):
    between = Between(world, client, engine)
    between.engine.refuse()

    equal(between.client.chat().read_outcome().status, 502)


@each(PAIRS)
def test_an_engine_that_says_nothing_is_told(world, client, engine):
    between = Between(world, client, engine, server={"first_byte_timeout": "300ms"})
    exchange = between.client.chat()
    request = between.engine.next_request()

    equal(exchange.read_outcome().status, 504)
    request.expect_cancelled()


@each(PAIRS)
def test_another_engine_is_tried_before_the_answer(world, client, engine):
    dead, alive = world.engine(), world.engine()
    alive.answer_all(b"alive")
    dead.refuse()
    between = Between(world, client, engine, [dead, alive], balance={"policy": "round_robin"})

    for _ in range(4):
        equal(between.client.chat().read_outcome().body, b"alive")


@each(PAIRS)
def test_a_client_that_cancels_ends_the_engines_request_alone(world, client, engine):
    between = Between(world, client, engine)
    going, other = between.begun_stream()
    cancelled, request = between.begun_stream()

    cancelled.cancel()
    request.expect_cancelled()

    equal(between.proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")
    other.send_chunk(event("still"))
    going.expect(event("still"))


@each([(f"{pair[0]}, {how}", *pair[1:], how) for pair in PAIRS for how in ("break_off", "close")])
def test_an_engine_that_goes_within_its_answer_cannot_be_taken_for_done(world, client, engine, how):
    between = Between(world, client, engine)
    exchange, request = between.begun_stream()

    getattr(request, how)()

    holds(b'"error"' in exchange.expect_broken(), "no error event")
    equal(between.proxy.wait_for_access_lines(1)[0]["outcome"], "broken")


@each(PAIRS)
def test_a_slow_reader_gets_everything_and_holds_up_nobody(world, client, engine):
    between = Between(world, client, engine)
    slow = between.client.chat("slow", stream=True)
    request = between.engine.next_request()
    body = LARGE * 4
    between.engine.in_background(lambda: request.respond(body=body))
    between.engine.answer_all(b"quick")

    for _ in range(3):
        equal(AnyClient(between.proxy.url, between.client.protocol, between.client.certificate)
              .chat().read_outcome().body, b"quick")

    holds(slow.read_outcome().body == body, "the body changed on its way")


@each(PAIRS)
def test_a_drain_lets_streams_end(world, client, engine):
    between = Between(world, client, engine)
    exchange, request = between.begun_stream()

    between.proxy.signal(signal.SIGTERM)
    timing.eventually(lambda: between.proxy.admin("/readyz").status == 503, "readiness to go")
    request.send_chunk(event("still"))
    exchange.expect(event("still"))
    request.end_stream()
    exchange.expect_end()

    equal(between.proxy.wait_for_end(), 0, "exit status")
