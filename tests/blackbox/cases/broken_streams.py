"""A stream that an engine breaks ends visibly, never as if complete."""

from harness import wire
from harness.cases import each, equal, holds
from harness.pairs import ALL, only
from harness.wire import DONE, event

PAIRS = ALL


def begun_stream(world, **options):
    engine = world.engine()
    proxy = world.proxy(engine, **options)
    exchange = proxy.post_chat(stream=True)
    request = engine.next_request()
    request.start_stream()
    exchange.read_head()
    request.send_chunk(event("one"))
    exchange.expect(event("one"))
    return proxy, exchange, request


def expect_error_event(exchange):
    """An error event, then the end, which is none of a whole stream."""
    rest = exchange.expect_broken()
    holds(b'data: {"error"' in rest, f"no error event: {rest!r}")
    holds(b"[DONE]" not in rest, f"it says it is done: {rest!r}")
    return rest


@each([("closing", "close"), ("resetting", "reset")])
def test_an_engine_that_goes_between_events_is_told_by_an_error_event(world, how):
    proxy, exchange, request = begun_stream(world)

    getattr(request, how)()

    expect_error_event(exchange)
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "broken")


def test_an_engine_that_goes_within_an_event_has_it_closed_first(world):
    _, exchange, request = begun_stream(world)
    request.send_chunk(b'data: {"half')
    exchange.expect(b'data: {"half')

    request.close()

    rest = expect_error_event(exchange)
    holds(rest.startswith((b"\n\n", b"\r\n\r\n")),
          f"the half event was not closed: {rest!r}")


@only("chunks", client="h1", engine="h1")
def test_an_engine_that_goes_within_a_chunk_ends_the_connection_at_once(world):
    _, exchange, request = begun_stream(world)
    request.send(b"100\r\ndata: par")
    exchange.connection.expect(b"100\r\ndata: par")

    request.close()

    exchange.connection.expect_end()


def test_an_engine_that_goes_within_a_counted_body_leaves_it_short(world):
    engine = world.engine()
    exchange = world.proxy(engine).post_chat()
    request = engine.next_request()
    request.start_counted(100)
    request.send_chunk(b"only this")
    equal(exchange.read_head().field("Content-Length"), "100")
    exchange.expect(b"only this")

    request.close()

    equal(exchange.expect_broken(), b"", "content after the break")


@only("HTTP/1.0", client="h1")
def test_an_http_1_0_client_sees_a_reset(world):
    engine = world.engine()
    client = world.proxy(engine).connect()
    client.send(wire.request(body=wire.chat(stream=True), version="1.0"))
    request = engine.next_request()
    request.start_stream()
    client.read_head()
    request.send_chunk(b"part")
    client.expect(b"part")

    request.close()
    _, how = client.read_to_end()

    equal(how, "rst", "how the connection ended")


def test_a_stream_that_falls_silent_is_ended(world):
    proxy, exchange, request = begun_stream(world, server={"idle_timeout": "300ms"})

    expect_error_event(exchange)
    request.expect_cancelled()

    equal(proxy.wait_for_access_lines(1)[0]["error"], "idle_timeout")


def test_an_anthropic_stream_breaks_with_an_anthropic_error(world):
    engine = world.engine()
    exchange = world.proxy(engine).start(target="/v1/messages", body=wire.chat(stream=True))
    request = engine.next_request()
    request.start_stream()
    exchange.read_head()
    piece = b'event: ping\ndata: {"type":"ping"}\n\n'
    request.send_chunk(piece)
    exchange.expect(piece)

    request.close()
    rest = exchange.expect_broken()

    holds(b"event: error\n" in rest and b'"type":"error"' in rest, f"it broke with {rest!r}")


def test_an_engines_own_error_event_is_an_engine_error(world):
    proxy, exchange, request = begun_stream(world)
    message = b'data: {"error":{"message":"out of memory"}}\n\n'

    request.send_chunk(message)
    request.send_chunk(DONE)
    request.end_stream()
    exchange.expect(message + DONE)
    exchange.expect_end()

    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "engine_error")


def test_the_client_may_connect_again_after_a_break(world):
    proxy, exchange, request = begun_stream(world)
    request.close()
    exchange.expect_broken()

    second = proxy.post_chat()
    request.connection.engine.next_request().respond(body=b"again")

    equal(second.read_response().body, b"again")
