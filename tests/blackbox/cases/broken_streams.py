"""A stream that an engine breaks ends visibly, never as if complete."""

from harness import wire
from harness.cases import each, equal, holds
from harness.wire import DONE, LAST_CHUNK, chunk, event


def begun_stream(world, **options):
    engine = world.engine()
    proxy = world.proxy(engine, **options)
    client = proxy.connect()
    client.send(wire.post_chat(stream=True))
    request = engine.next_request()
    request.start_stream()
    client.read_head()
    request.send_chunk(event("one"))
    client.expect(chunk(event("one")))
    return proxy, client, request


def expect_error_event(client):
    """An error event as a chunk, then the end without a last chunk."""
    rest, _ = client.read_to_end()
    holds(b'data: {"error"' in rest, f"no error event: {rest!r}")
    holds(LAST_CHUNK not in rest, f"it ends as if complete: {rest!r}")
    holds(b"[DONE]" not in rest, f"it says it is done: {rest!r}")
    return rest


@each([("closing", "close"), ("resetting", "reset")])
def test_an_engine_that_goes_between_events_is_told_by_an_error_event(world, how):
    proxy, client, request = begun_stream(world)

    getattr(request, how)()

    expect_error_event(client)
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "broken")


def test_an_engine_that_goes_within_an_event_has_it_closed_first(world):
    _, client, request = begun_stream(world)
    request.send_chunk(b'data: {"half')
    client.expect(chunk(b'data: {"half'))

    request.close()

    rest = expect_error_event(client)
    content = rest.partition(b"\r\n")[2]
    holds(content.startswith(b"\n\n") or content.startswith(b"\r\n\r\n"),
          f"the half event was not closed: {rest!r}")


def test_an_engine_that_goes_within_a_chunk_ends_the_connection_at_once(world):
    _, client, request = begun_stream(world)
    request.send(b"100\r\ndata: par")
    client.expect(b"100\r\ndata: par")

    request.close()
    rest, _ = client.read_to_end()

    equal(rest, b"", "bytes after half a chunk")


def test_an_engine_that_goes_within_a_counted_body_leaves_it_short(world):
    engine = world.engine()
    client = world.proxy(engine).connect()
    client.send(wire.post_chat())
    request = engine.next_request()
    request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    client.read_head()
    client.expect(b"only this")

    request.close()
    rest, _ = client.read_to_end()

    equal(rest, b"", "bytes after the break")


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
    proxy, client, request = begun_stream(world, server={"idle_timeout": "500ms"})

    expect_error_event(client)
    request.expect_end()

    equal(proxy.wait_for_access_lines(1)[0]["error"], "idle_timeout")


def test_an_anthropic_stream_breaks_with_an_anthropic_error(world):
    engine = world.engine()
    client = world.proxy(engine).connect()
    client.send(wire.request(target="/v1/messages", body=wire.chat(stream=True)))
    request = engine.next_request()
    request.start_stream()
    client.read_head()
    piece = b'event: ping\ndata: {"type":"ping"}\n\n'
    request.send_chunk(piece)
    client.expect(chunk(piece))

    request.close()
    rest, _ = client.read_to_end()

    holds(b"event: error\n" in rest and b'"type":"error"' in rest, f"it broke with {rest!r}")


def test_an_engines_own_error_event_is_an_engine_error(world):
    proxy, client, request = begun_stream(world)
    message = b'data: {"error":{"message":"out of memory"}}\n\n'

    request.send_chunk(message)
    request.send_chunk(DONE)
    request.end_stream()
    client.expect(chunk(message) + chunk(DONE) + LAST_CHUNK)

    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "engine_error")


def test_the_client_may_connect_again_after_a_break(world):
    proxy, client, request = begun_stream(world)
    request.close()
    client.read_to_end()

    second = proxy.connect()
    second.send(wire.post_chat())
    request.connection.engine.next_request().respond(body=b"again")

    equal(second.read_response().body, b"again")
