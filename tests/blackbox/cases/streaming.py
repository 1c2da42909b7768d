"""Bodies go through byte-exact, and each piece at once."""

import random

from harness import wire
from harness.cases import equal, holds
from harness.wire import DONE, LAST_CHUNK, STREAM_HEAD, chunk, event


def open_stream(world, engine, proxy, **client_options):
    client = proxy.connect(**client_options)
    client.send(wire.post_chat(stream=True))
    return client, engine.next_request()


def test_a_token_reaches_the_client_before_the_engine_sends_the_next(world):
    engine = world.engine()
    client, request = open_stream(world, engine, world.proxy(engine))

    request.start_stream()
    client.read_head()
    for number in range(20):
        request.send_chunk(event(f"token {number}"))
        client.expect(chunk(event(f"token {number}")))
    request.send_chunk(DONE)
    request.end_stream()

    client.expect(chunk(DONE) + LAST_CHUNK)


def test_the_head_reaches_the_client_before_the_first_token(world):
    engine = world.engine()
    client, request = open_stream(world, engine, world.proxy(engine))

    request.start_stream()
    head = client.read_head()

    equal(head.first[1], "200")
    equal(head.field("Content-Type"), "text/event-stream")
    equal(head.field("Transfer-Encoding"), "chunked")


def test_chunks_keep_the_sizes_the_engine_gave_them(world):
    engine = world.engine()
    client, request = open_stream(world, engine, world.proxy(engine))
    sizes = random.Random(7).choices([1, 2, 15, 16, 255, 4095, 4096, 20_000], k=60)
    body = b"".join(chunk(bytes([65 + index % 26]) * size) for index, size in enumerate(sizes))

    request.send(STREAM_HEAD + body)
    request.end_stream()

    client.read_head()
    client.expect(body + LAST_CHUNK)


def test_an_engine_that_writes_one_byte_at_a_time_is_passed_on_exactly(world):
    engine = world.engine()
    client, request = open_stream(world, engine, world.proxy(engine))
    events = event("a") + event("b") + DONE

    request.send_in_pieces(STREAM_HEAD + chunk(events) + LAST_CHUNK)
    request.done()

    client.read_head()
    equal(client.read_chunked(), events, "content")


def test_a_response_with_content_length_is_passed_on_exactly(world):
    engine = world.engine()
    body = random.Random(1).randbytes(1 << 20)
    client, request = open_stream(world, engine, world.proxy(engine))

    request.respond(200, [("Content-Type", "application/octet-stream")], body)
    response = client.read_response()

    equal(response.field("Content-Length"), str(len(body)))
    holds(response.body == body, "the body changed on its way")


def test_a_response_of_32_mebibytes_is_passed_on_exactly(world):
    engine = world.engine()
    body = random.Random(2).randbytes(32 << 20)
    engine.answer_all(body)
    proxy = world.proxy(engine)

    response = proxy.chat()

    holds(response.body == body, "the body changed on its way")


def test_a_response_that_ends_with_its_connection_is_chunked_for_the_client(world):
    engine = world.engine()
    client, request = open_stream(world, engine, world.proxy(engine))

    request.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
    request.close()
    response = client.read_response()

    equal(response.body, b"all of it")
    equal(response.field("Transfer-Encoding"), "chunked")


def test_a_request_body_is_not_written_anew(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    body = ('{ "messages" : [ {"role":"user","content":"\\u00e4 \U0001f30a"} ],\n\t"model":"demo-model"'
            ',"temperature":1.0e+0, "x":1,"x":2 }\r\n  ').encode()
    client = proxy.connect()

    client.send(wire.request(body=body))
    request = engine.next_request()

    equal(request.body, body, "request body")


def test_a_request_body_of_8_mebibytes_reaches_the_engine_exactly(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    body = wire.chat("x" * (8 << 20))
    client = proxy.connect()

    client.send(wire.request(body=body))
    request = engine.next_request()

    holds(request.body == body, "the body changed on its way")


def test_a_chunked_request_reaches_the_engine_with_a_length(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    body = wire.chat("in pieces")
    client = proxy.connect()

    client.send(wire.request(fields=[("Transfer-Encoding", "chunked")]))
    client.send_in_pieces(chunk(body[:10]) + b"%x;name=value\r\n%s\r\n" % (len(body) - 10, body[10:])
                          + b"0\r\nX-Trailer: dropped\r\n\r\n", size=3)
    request = engine.next_request()

    equal(request.body, body, "request body")
    equal(request.field("Content-Length"), str(len(body)))
    equal(request.field("Transfer-Encoding"), None)
    holds(b"dropped" not in request.head.raw, "a trailer became a header")


def test_a_client_that_writes_one_byte_at_a_time_is_understood(world):
    engine = world.engine()
    engine.answer_all(b'{"ok":true}')
    client = world.proxy(engine).connect()

    client.send_in_pieces(wire.post_chat("slowly"))

    equal(client.read_response().body, b'{"ok":true}')


def test_a_body_that_is_not_json_is_passed_on(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect()

    client.send(wire.request(body=b"\x00\xff not json {"))
    request = engine.next_request()
    request.respond(200, body=b"fine")

    equal(request.body, b"\x00\xff not json {")
    equal(client.read_response().body, b"fine")


def test_a_streamed_route_relays_the_request_while_it_comes(world):
    engine = world.engine(read_bodies=False)
    proxy = world.proxy(engine, routes=[{"paths": ["/upload"], "pool": "default", "body": "stream",
                                         "methods": ["POST"]}])
    client = proxy.connect()

    client.send(wire.request(target="/upload", fields=[("Content-Length", "10")]) + b"first")
    request = engine.next_request()
    request.expect(b"first")
    client.send(b"later")
    request.expect(b"later")
    request.respond(200, body=b"both")

    equal(client.read_response().body, b"both")
