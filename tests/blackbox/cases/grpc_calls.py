"""gRPC end to end: a call through Penstock tells what the same call tells without it."""

import queue

from harness import frames, timing
from harness.cases import each, equal, holds
from harness.certificate import files, self_signed
from harness.grpc_echo import SERVICE, EchoClient, EchoServer, ask, grpc, needs_grpc
from harness.h2_client import head

ROUTES = {"routes": [{"paths": [f"/{SERVICE}/*"], "methods": ["POST"], "pool": "default"}]}
POOL = {"pool": {"engine": "custom", "protocol": "h2c", "unknown_model": "pass"}}
CALL = head(target=f"/{SERVICE}/Say", fields=[("content-type", "application/grpc"),
                                             ("te", "trailers")])


class Echo:
    """A service, a proxy before it, and a client of each; `tls`: that of the proxy speaks so."""

    def __init__(self, world, tls=False, **tables):
        self.server = EchoServer()
        world.engines.append(self.server)
        listener = {"address": "127.0.0.1:0"}
        if tls:
            listener["tls"] = self_signed(world.room)
        self.proxy = world.proxy(self.server, listeners=[listener], **POOL, **ROUTES, **tables)
        self.direct = EchoClient(self.server.url)
        self.through = EchoClient(self.proxy.url, files(world.room)[0] if tls else None)
        world.engines.extend([self.direct, self.through])

    def compare(self, method, request):
        """Both ways the same; returns what it was."""
        asked = [ask(getattr(client, method), request() if callable(request) else request,
                     timing.limit()) for client in (self.direct, self.through)]
        equal(asked[1], asked[0], f"{method} through the proxy")
        return asked[0]


@each([("a message", b"hello"), ("nothing", b""), ("a large one", b"x" * 3_000_000),
       *((f"status {number}", f"fail {number}".encode()) for number in range(1, 17))])
def test_a_unary_call_is_the_same(world, request):
    Echo(world).compare("say", request)


@each([("some", b"100"), ("none", b"0"), ("an error at once", b"0!"), ("one later", b"5!")])
def test_a_server_stream_is_the_same(world, request):
    Echo(world).compare("count", request)


def test_a_client_stream_is_the_same(world):
    messages, told = Echo(world).compare("collect", lambda: iter([b"a", b"b" * 200_000, b"c"]))
    equal(told["code"], grpc.StatusCode.OK)
    equal(len(messages[0]), 200_004)


@each([("unary", "say", b"x" * 3_000_000), ("that fails", "say", b"fail 5"),
       ("with a stream of answers", "count", b"100"),
       ("with a stream of messages", "collect", lambda: iter([b"a", b"b" * 200_000]))])
def test_a_call_over_tls_is_the_same(world, method, request):
    Echo(world, tls=True).compare(method, request)


def test_an_unknown_method_is_the_same(world):
    equal(Echo(world).compare("missing", b"x")[1]["code"], grpc.StatusCode.UNIMPLEMENTED)


def test_both_directions_of_a_call_go_on_at_the_same_time(world):
    say = queue.Queue()
    answers = Echo(world).through.talk(iter(say.get, None), timeout=timing.limit())
    for word in (b"one", b"two", b"three"):
        say.put(word)
        equal(next(answers), b"heard " + word)
    say.put(None)
    equal(list(answers), [])
    equal(answers.code(), grpc.StatusCode.OK)


def test_the_access_log_tells_the_calls_outcome(world):
    echo = Echo(world)
    for request in (b"fine", b"fail 3", b"fail 13"):
        ask(echo.through.say, request, timing.limit())

    lines = echo.proxy.wait_for_access_lines(3)

    equal([line["outcome"] for line in lines], ["ok", "client_error", "engine_error"])
    equal([line["status"] for line in lines], [200] * 3)


def test_a_dead_backend_is_unavailable(world):
    needs_grpc()
    engine = world.engine()
    engine.refuse()
    client = EchoClient(world.proxy(engine, **POOL, **ROUTES).url)
    world.engines.append(client)

    _, told = ask(client.say, b"hello", timing.limit())

    equal(told["code"], grpc.StatusCode.UNAVAILABLE)
    equal(told["details"], "The backend could not be reached.")


def status_of(answer):
    return dict(answer.fields)["grpc-status"]


def test_our_errors_are_responses_of_trailers_only(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, **POOL, **ROUTES)

    answer = proxy.connect_h2().ask(head(target="/other.Service/Call", fields=[
        ("content-type", "application/grpc+proto"), ("te", "trailers")]), b"")

    equal((answer.status, answer.body, status_of(answer)), (200, b"", "12"))
    equal(answer.field("content-type"), "application/grpc")
    holds(answer.field("grpc-message"), "no message")


def test_a_call_that_breaks_ends_with_a_status(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES).connect_h2()
    stream = client.open(CALL, end=False)
    request = engine.next_request()
    equal(request.field("te"), "trailers")
    request.send_head([("content-type", "application/grpc")])
    request.send_data(b"\0\0\0\0\1a")
    stream.read_head()
    stream.expect_data(b"\0\0\0\0\1a")

    request.connection.reset()

    trailers = dict(stream.read_head())
    equal(trailers["grpc-status"], "14")


NO_BYTES = ("content-length", "0")


def test_trailers_follow_an_answer_of_no_bytes(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES).connect_h2()
    stream = client.open(CALL)
    request = engine.next_request()

    request.send_head([("content-type", "application/grpc"), NO_BYTES])
    request.send_trailers([("grpc-status", "5")])

    answer = stream.read_response()
    equal((answer.field("content-length"), dict(answer.trailers)), ("0", {"grpc-status": "5"}))


def test_an_answer_of_trailers_only_stays_so_where_it_tells_its_length(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES).connect_h2()
    stream = client.open(CALL)
    request = engine.next_request()

    request.send_head([("content-type", "application/grpc"), NO_BYTES, ("grpc-status", "5")],
                      end=True)

    head_frame = stream.read_headers()
    holds(head_frame.ends_stream, "the call does not end with its head")
    equal(dict(head_frame.fields)["grpc-status"], "5")


def test_trailers_follow_a_call_of_no_bytes(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES).connect_h2()

    stream = client.open([*CALL, NO_BYTES], end=False)
    stream.send_trailers([("x-checksum", "7")])
    request = engine.next_request()
    request.wait_for_end()

    equal((request.field("content-length"), request.body, dict(request.trailers)),
          ("0", b"", {"x-checksum": "7"}))


MESSAGE = b"\0\0\0\0\1a"
FAILURES = "penstock_backend_failures_total"
OK = [("content-type", "application/grpc"), ("grpc-status", "0")]


def test_a_call_whose_client_has_said_all_for_now_waits_for_the_first_answer(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES, server={"body_idle_timeout": "50ms"}
                         ).connect_h2()
    stream = client.open(CALL, end=False)
    stream.send_data(MESSAGE)
    request = engine.next_request()

    client.synchronise()
    client.expect_silence(0.3)
    request.send_head([("content-type", "application/grpc")])

    equal(stream.read_status(), 200)
    stream.send_data(MESSAGE, end=True)
    equal(request.wait_for_end(), MESSAGE * 2)


def test_a_call_whose_client_is_silent_ends_without_blame_for_the_backend(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, **POOL, **ROUTES,
                        server={"body_idle_timeout": "50ms", "first_byte_timeout": "200ms"})
    stream = proxy.connect_h2().open(CALL, end=False)
    stream.send_data(MESSAGE)

    answer = stream.read_response()

    equal(status_of(answer), "4")
    equal(engine.next_request().wait_for_reset(), frames.CANCEL)
    equal(proxy.metric(FAILURES), 0)


def test_a_silent_backend_exceeds_the_deadline(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES, server={"first_byte_timeout": "200ms"}
                         ).connect_h2()

    answer = client.ask(CALL, b"\0\0\0\0\0")

    equal(status_of(answer), "4")
    equal(engine.next_request().wait_for_reset(), frames.CANCEL)


def begun_call(world, message=MESSAGE):
    """A unary call that is with its backend, on a connection that has answered another."""
    engine = world.frame_engine()
    proxy = world.proxy(engine, **POOL, **ROUTES)
    client = proxy.connect_h2()
    earlier = client.open(CALL)
    engine.next_request().send_head(OK, end=True)
    equal(status_of(earlier.read_response()), "0")
    stream = client.open(CALL, end=False)
    stream.upload(message)
    request = engine.next_request()
    equal(len(request.wait_for_end()), len(message))
    return engine, stream, request


@each([("GOAWAY", lambda request: request.connection.send(frames.goaway(request.id - 2))),
       ("a refusal", lambda request: request.reset(frames.REFUSED_STREAM))])
def test_a_unary_call_that_its_backend_leaves_out_is_sent_again(world, leave_out):
    engine, stream, request = begun_call(world)

    leave_out(request)
    again = engine.next_request()

    equal(again.wait_for_end(), MESSAGE)
    again.send_head([("content-type", "application/grpc")])
    again.send_data(MESSAGE)
    again.send_trailers([("grpc-status", "0")])
    answer = stream.read_response()
    equal((answer.status, answer.body, dict(answer.trailers)), (200, MESSAGE, {"grpc-status": "0"}))


def test_what_follows_of_a_call_that_is_sent_again_follows_there(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES).connect_h2()
    earlier = client.open(CALL)
    engine.next_request().send_head(OK, end=True)
    earlier.read_response()
    stream = client.open(CALL, end=False)
    stream.send_data(MESSAGE)
    request = engine.next_request()
    timing.eventually(lambda: request.body == MESSAGE, "the first message")

    request.reset(frames.REFUSED_STREAM)
    again = engine.next_request()
    stream.send_data(MESSAGE)
    stream.send_trailers([("x-checksum", "7")])

    equal((again.wait_for_end(), dict(again.trailers)), (MESSAGE * 2, {"x-checksum": "7"}))


@each([("all that is kept", 64 * 1024, True), ("one byte more", 64 * 1024 + 1, False)])
def test_a_call_is_sent_again_while_all_of_it_is_kept(world, size, repeated):
    engine, stream, request = begun_call(world, b"x" * size)

    request.reset(frames.REFUSED_STREAM)

    if repeated:
        again = engine.next_request()
        equal(len(again.wait_for_end()), size)
        again.send_head(OK, end=True)
    equal(status_of(stream.read_response()), "0" if repeated else "14")


@each([("a fault", lambda request: request.reset(frames.INTERNAL_ERROR)),
       ("the end of its connection, which had been idle", lambda request: request.connection.close())])
def test_a_call_that_its_backend_may_have_worked_on_is_not_sent_again(world, end):
    engine, stream, request = begun_call(world)

    end(request)

    equal(status_of(stream.read_response()), "14")
    holds(engine.queue.empty(), "the call was sent again")


@each([("by the call", "200m", {}), ("by the configuration, which is shorter", "1H",
                                    {"server": {"total_timeout": "200ms"}})])
def test_a_call_that_takes_too_long_ends(world, timeout, tables):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES, **tables).connect_h2()

    answer = client.ask([*CALL, ("grpc-timeout", timeout)], b"\0\0\0\0\0")

    equal(status_of(answer), "4")
    request = engine.next_request()
    equal(request.field("grpc-timeout"), timeout)
    equal(request.wait_for_reset(), frames.CANCEL)


def test_a_call_that_takes_too_long_ends_within_its_answer(world):
    engine = world.frame_engine()
    client = world.proxy(engine, **POOL, **ROUTES).connect_h2()
    stream = client.open([*CALL, ("grpc-timeout", "1S")], end=False)
    request = engine.next_request()

    request.send_head([("content-type", "application/grpc")])
    request.send_data(b"\0\0\0\0\1a")
    stream.read_head()
    stream.expect_data(b"\0\0\0\0\1a")

    equal(dict(stream.read_head())["grpc-status"], "4")


@each([("without a unit", "100"), ("a unit that is none", "100x"), ("too many digits", "123456789S")])
def test_a_timeout_that_nobody_can_read_is_the_servers_to_judge(world, timeout):
    engine = world.frame_engine()
    engine.on_request = lambda request: request.send_head(
        [("content-type", "application/grpc"), ("grpc-status", "0")], end=True)

    answer = world.proxy(engine, **POOL, **ROUTES).connect_h2().ask(
        [*CALL, ("grpc-timeout", timeout)], b"\0\0\0\0\0")

    equal(status_of(answer), "0")
