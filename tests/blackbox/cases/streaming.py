"""Bodies go through byte-exact, and each piece at once."""

import random

from harness import wire
from harness.cases import equal, holds
from harness.pairs import ALL, once, only
from harness.wire import DONE, LAST_CHUNK, STREAM_HEAD, chunk, event

PAIRS = ALL


def open_stream(world, engine):
    exchange = world.proxy(engine).post_chat(stream=True)
    return exchange, engine.next_request()


def test_a_token_reaches_the_client_before_the_engine_sends_the_next(world):
    engine = world.engine()
    exchange, request = open_stream(world, engine)

    request.start_stream()
    exchange.read_head()
    for number in range(20):
        request.send_chunk(event(f"token {number}"))
        exchange.expect(event(f"token {number}"))
    request.send_chunk(DONE)
    request.end_stream()

    exchange.expect(DONE)
    exchange.expect_end()


def test_the_head_reaches_the_client_before_the_first_token(world):
    engine = world.engine()
    exchange, request = open_stream(world, engine)

    request.start_stream()
    head = exchange.read_head()

    equal(head.status, 200)
    equal(head.field("Content-Type"), "text/event-stream")
    equal(head.field("Transfer-Encoding"), "chunked" if world.pair.client == "h1" else None)


@only("chunks", client="h1", engine="h1")
def test_chunks_keep_the_sizes_the_engine_gave_them(world):
    engine = world.engine()
    exchange, request = open_stream(world, engine)
    sizes = random.Random(7).choices([1, 2, 15, 16, 255, 4095, 4096, 20_000], k=60)
    body = b"".join(chunk(bytes([65 + index % 26]) * size) for index, size in enumerate(sizes))

    request.send(STREAM_HEAD + body)
    request.end_stream()

    exchange.read_head()
    exchange.connection.expect(body + LAST_CHUNK)


@only("an answer's bytes", engine="h1")
def test_an_engine_that_writes_one_byte_at_a_time_is_passed_on_exactly(world):
    engine = world.engine()
    exchange, request = open_stream(world, engine)
    events = event("a") + event("b") + DONE

    request.send_in_pieces(STREAM_HEAD + chunk(events) + LAST_CHUNK)
    request.done()

    equal(exchange.read_response().body, events, "content")


def test_a_response_with_content_length_is_passed_on_exactly(world):
    engine = world.engine()
    body = random.Random(1).randbytes(1 << 20)
    exchange, request = open_stream(world, engine)

    request.respond(200, [("Content-Type", "application/octet-stream")], body)
    response = exchange.read_response()

    equal(response.field("Content-Length"), str(len(body)))
    holds(response.body == body, "the body changed on its way")


@once("protocol_pairs.py has 4 MiB over every pair")
def test_a_response_of_32_mebibytes_is_passed_on_exactly(world):
    engine = world.engine()
    body = random.Random(2).randbytes(32 << 20)
    engine.answer_all(body)
    proxy = world.proxy(engine)

    response = proxy.chat()

    holds(response.body == body, "the body changed on its way")


@only("an answer without a length", engine="h1")
def test_a_response_that_ends_with_its_connection_is_whole_for_the_client(world):
    engine = world.engine()
    exchange, request = open_stream(world, engine)

    request.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
    request.end_connection()
    response = exchange.read_response()

    equal(response.body, b"all of it")
    equal(response.field("Transfer-Encoding"), "chunked" if world.pair.client == "h1" else None)


def test_a_request_body_is_not_written_anew(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    body = ('{ "messages" : [ {"role":"user","content":"\\u00e4 \U0001f30a"} ],\n\t"model":"demo-model"'
            ',"temperature":1.0e+0, "x":1,"x":2 }\r\n  ').encode()
    exchange = proxy.start(body=body)
    request = engine.next_request()

    equal(request.body, body, "request body")
    exchange.close()


@once("protocol_pairs.py has 4 MiB over every pair")
def test_a_request_body_of_8_mebibytes_reaches_the_engine_exactly(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    body = wire.chat("x" * (8 << 20))

    exchange = proxy.start(body=body)
    request = engine.next_request()

    holds(request.body == body, "the body changed on its way")
    exchange.close()


@only("chunks", client="h1")
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
    holds("dropped" not in str(request.fields), "a trailer became a header")


@only("a request's bytes", client="h1")
def test_a_client_that_writes_one_byte_at_a_time_is_understood(world):
    engine = world.engine()
    engine.answer_all(b'{"ok":true}')
    client = world.proxy(engine).connect()

    client.send_in_pieces(wire.post_chat("slowly"))

    equal(client.read_response().body, b'{"ok":true}')


def test_a_body_that_is_not_json_is_passed_on(world):
    engine = world.engine()
    proxy = world.proxy(engine)

    exchange = proxy.start(body=b"\x00\xff not json {")
    request = engine.next_request()
    request.respond(200, body=b"fine")

    equal(request.body, b"\x00\xff not json {")
    equal(exchange.read_response().body, b"fine")


def test_a_streamed_route_relays_the_request_while_it_comes(world):
    engine = world.engine(read_bodies=False)
    proxy = world.proxy(engine, routes=[{"paths": ["/upload"], "pool": "default", "body": "stream",
                                         "methods": ["POST"]}])

    exchange = proxy.start(target="/upload", body=b"first", length=10)
    request = engine.next_request()
    request.expect_content(b"first")
    exchange.send_body(b"later")
    request.expect_content(b"later")
    request.respond(200, body=b"both")

    equal(exchange.read_response().body, b"both")
