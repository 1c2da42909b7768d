"""HTTP/2 clients: requests reach the engine as plain HTTP/1.1, answers come back in frames at once."""

import re

from harness import frames, wire
from harness.cases import each, equal, holds
from harness.h2_client import chat_head, head
from harness.wire import DONE, event

ANY = {"routes": [{"paths": ["/**"], "methods": ["*"], "pool": "default"}]}


def test_a_token_reaches_the_client_before_the_engine_sends_the_next(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    stream = client.post_chat(stream=True)
    request = engine.next_request()

    request.start_stream()
    equal(dict(stream.read_head())[":status"], "200")
    for number in range(20):
        request.send_chunk(event(f"token {number}"))
        stream.expect_data(event(f"token {number}"))
    request.send_chunk(DONE)
    stream.expect_data(DONE)
    request.end_stream()

    stream.expect_end()


def test_the_engine_gets_exactly_this_request(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    body = wire.chat("\xe4 \U0001f30a")

    stream = client.open(chat_head([("authorization", "Bearer sk-1"), ("x-b", "2"), ("x-a", ""),
                                    ("te", "trailers"), ("user-agent", "case/2")]), end=False)
    stream.upload(body)
    request = engine.next_request()

    raw = re.sub(rb"[\w-]+-1-[0-9a-f]{16}\r", b"ID\r", request.head.raw)
    equal(raw, (f"POST {wire.CHAT} HTTP/1.1\r\nHost: 127.0.0.1:{engine.port}\r\n"
                "content-type: application/json\r\nauthorization: Bearer sk-1\r\nx-b: 2\r\nx-a: \r\n"
                "user-agent: case/2\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
                "X-Forwarded-Host: penstock.test\r\nVia: 2 penstock\r\nX-Request-Id: ID\r\n"
                f"Content-Length: {len(body)}\r\n").encode(), "head at the engine")
    equal(request.body, body, "body at the engine")


def test_both_protocols_send_the_engine_the_same_request(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    fields = [("content-type", "application/json"), ("x-request-id", "same"), ("accept", "*/*")]
    body = wire.chat("the same")
    old, new = proxy.connect(), proxy.connect_h2()

    old.send(wire.request(fields=fields, body=body))
    first = engine.next_request()
    new.open(head(fields=[*fields, ("content-length", str(len(body)))]), end=False).upload(body)
    second = engine.next_request()

    equal(list(normal(second)), list(normal(first)), "fields at the engine")
    equal((second.head.first, second.body), (first.head.first, first.body))


def normal(request):
    """Its fields; what differs from request to request, or tells the client's protocol, is the same."""
    for name, value in request.head.fields:
        if name.lower() == "x-request-id":
            value = value.split("-")[0]
        elif name.lower() == "via":
            value = value.split(" ", 1)[1]
        yield name.lower(), value


def test_several_streams_go_on_at_once(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    pairs = []
    for number in range(8):
        stream = client.post_chat(f"stream {number}", stream=True)
        request = engine.next_request()
        holds(b"stream %d" % number in request.body, f"another request: {request.body!r}")
        request.start_stream()
        equal(stream.read_status(), 200)
        pairs.append((stream, request))

    for number in range(5):
        for stream, request in reversed(pairs):
            request.send_chunk(event(f"{number} of {stream.id}"))
            stream.expect_data(event(f"{number} of {stream.id}"))
    for stream, request in pairs:
        request.end_stream()
        stream.expect_end()


def test_a_later_stream_may_end_before_an_earlier_one(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    first, first_request = client.post_chat("first"), engine.next_request()
    second, second_request = client.post_chat("second"), engine.next_request()

    second_request.respond(body=b"second")
    equal(second.read_response().body, b"second")
    first_request.respond(body=b"first")

    equal(first.read_response().body, b"first")


def test_a_whole_answer_has_its_length_and_fields(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    stream = client.post_chat()

    engine.next_request().respond(200, [
        ("Content-Type", "application/json"), ("X-B", "2"), ("X-a", "1"), ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2")], b'{"whole":true}')
    response = stream.read_response()

    equal((response.status, response.body, response.trailers), (200, b'{"whole":true}', None))
    names = ("content-type", "x-b", "x-a", "set-cookie")
    equal([field for field in response.fields if field[0] in names], [
        ("content-type", "application/json"), ("x-b", "2"), ("x-a", "1"), ("set-cookie", "a=1"),
        ("set-cookie", "b=2")], "fields at the client")
    equal(response.field("content-length"), "14")


def test_the_largest_head_that_an_engine_may_send_reaches_the_client(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    stream = client.post_chat()
    fields = [(f"X-{number}", "v" * 325) for number in range(190)]
    holds(len(wire.response(200, fields, b"hello")) > 63_000, "the head is not large")

    engine.next_request().respond(fields=fields, body=b"hello")
    response = stream.read_response()

    equal((response.status, response.body), (200, b"hello"))
    equal(response.field("x-189"), "v" * 325)


def test_fields_of_one_connection_end_here(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    stream = client.post_chat()

    engine.next_request().respond(200, [
        ("Connection", "X-Hop, keep-alive"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"), ("Upgrade", "h2c"), ("X-Stays", "yes")])
    fields = dict(stream.read_response().fields)

    gone = {"connection", "x-hop", "keep-alive", "proxy-connection", "upgrade", "transfer-encoding"}
    equal(gone & set(fields), set(), "fields that must not pass")
    equal(fields["x-stays"], "yes")


def test_trailers_of_an_engine_reach_the_client(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    stream = client.post_chat(stream=True)
    request = engine.next_request()

    request.start_stream()
    request.send(wire.chunk(b"one") + b"0\r\nX-Checksum: abc\r\nGrpc-Status: 0\r\n\r\n")
    request.done()
    response = stream.read_response()

    equal(response.body, b"one")
    equal(response.trailers, [("x-checksum", "abc"), ("grpc-status", "0")])


def test_trailers_of_a_request_do_not_become_fields(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    seen = []
    engine.on_request = lambda request: (seen.append(request.head.raw), request.respond(body=b"taken"))

    stream = client.open(chat_head(), end=False)
    stream.upload(wire.chat(), end=False)
    stream.send_trailers([("x-trailer", "dropped"), ("host", "evil.test"), ("authorization", "evil")])

    equal(stream.read_response().body, b"taken")
    holds(b"dropped" not in seen[0] and b"evil" not in seen[0], f"a trailer became a field: {seen}")


@each([("HEAD", "HEAD", 200, b""), ("204", "GET", 204, b""), ("304", "GET", 304, b"")])
def test_answers_without_a_body_end_with_their_head(world, method, status, body):
    engine = world.engine()
    client = world.proxy(engine, **ANY).connect_h2()
    stream = client.open(head(method, "/x"))
    length = "Content-Length: 5\r\n" if status in (200, 304) else ""

    request = engine.next_request()
    request.send(f"HTTP/1.1 {status} Some\r\n{length}X-A: 1\r\n\r\n".encode())
    request.done()
    response = stream.read_response()

    equal((request.method, response.status, response.body), (method, status, body))
    if method == "HEAD":
        equal(response.field("content-length"), "5")


def test_a_refused_head_request_is_answered_without_a_body(world):
    client = world.proxy(world.engine()).connect_h2()

    for fields in (head("HEAD", "/x#y"), [*head("HEAD", "/x#y")[1:], (":method", "HEAD")]):
        answer = client.open(fields).read_headers()
        equal((dict(answer.fields)[":status"], answer.ends_stream), ("400", True))


def test_the_scheme_need_not_be_the_connections(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    client = world.proxy(engine).connect_h2()

    equal(client.ask(head(scheme="https"), wire.chat()).body, b"answer", "behind a TLS terminator")


def test_expect_100_continue_is_answered_before_the_body(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()

    stream = client.open(chat_head([("expect", "100-continue")]), end=False)
    equal(stream.read_status(), 100)
    stream.upload(wire.chat("after the 100"))
    request = engine.next_request()
    request.respond(body=b"taken")

    equal(request.field("Expect"), None)
    equal(stream.read_response().body, b"taken")


def test_cookie_crumbs_become_one_field(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()

    client.post_chat(fields=[("cookie", "a=b"), ("x-between", "1"), ("cookie", "c=d"),
                             ("cookie", "e=f")])
    request = engine.next_request()

    equal(request.head.all("Cookie"), ["a=b; c=d; e=f"])


def test_a_request_without_content_has_no_length(world):
    engine = world.engine()
    client = world.proxy(engine, **ANY).connect_h2()

    client.open(head("GET", "/x?y=%20z"))
    request = engine.next_request()

    equal(request.head.first, ["GET", "/x?y=%20z", "HTTP/1.1"])
    equal((request.field("Content-Length"), request.field("Transfer-Encoding")), (None, None))


def test_padding_and_priority_are_no_content(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    body = wire.chat()
    stream = client.reserve()
    block = frames.header_block(chat_head())

    client.send(frames.frame(frames.HEADERS,
                             frames.END_HEADERS | frames.PADDED | frames.WITH_PRIORITY, stream.id,
                             b"\x07" + bytes(4) + b"\xff" + block + bytes(7)))
    client.send(frames.data(stream.id, body[:5], padding=255) + frames.data(
        stream.id, body[5:], end=True, padding=0))

    equal(engine.next_request().body, body, "body at the engine")


def test_a_streamed_route_relays_the_request_while_it_comes(world):
    engine = world.engine(read_bodies=False)
    proxy = world.proxy(engine, routes=[{"paths": ["/upload"], "pool": "default", "body": "stream",
                                         "methods": ["POST"]}])
    client = proxy.connect_h2()

    stream = client.open(head(target="/upload", fields=[("content-length", "10")]), end=False)
    stream.send_data(b"first")
    request = engine.next_request()
    request.expect(b"first")
    stream.send_data(b"later", end=True)
    request.expect(b"later")
    request.respond(body=b"both")

    equal(stream.read_response().body, b"both")


def test_a_streamed_route_without_a_length_is_chunked_for_the_engine(world):
    engine = world.engine(read_bodies=False)
    proxy = world.proxy(engine, routes=[{"paths": ["/upload"], "pool": "default", "body": "stream",
                                         "methods": ["POST"]}])
    client = proxy.connect_h2()

    stream = client.open(head(target="/upload"), end=False)
    stream.send_data(b"first")
    request = engine.next_request()
    request.expect(wire.chunk(b"first"))
    stream.send_data(end=True)
    request.expect(wire.LAST_CHUNK)
    request.respond(body=b"all")

    equal(request.field("Transfer-Encoding"), "chunked")
    equal(stream.read_response().body, b"all")


def test_the_protocols_live_on_one_port_and_upgrade_is_ignored(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    upgrade = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
               ("HTTP2-Settings", "AAMAAABkAAQAAP__")]
    seen = []
    engine.on_request = lambda request: (seen.append(request.head), request.respond(body=b"answer"))

    equal(proxy.connect_h2().chat().body, b"answer")
    response = proxy.chat(fields=upgrade)

    equal((response.status, response.body), (200, b"answer"))
    for name in ("Upgrade", "HTTP2-Settings"):
        equal(seen[1].field(name), None, name)


def test_the_preface_may_come_byte_by_byte(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    client = world.proxy(engine).connect_h2(start=False)

    client.send_in_pieces(frames.PREFACE + frames.settings())

    equal(client.chat().body, b"answer")


def test_all_streams_have_access_lines_and_use_idle_engine_connections(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine)
    client = proxy.connect_h2()

    client.chat("one")
    client.chat("two")
    lines = proxy.wait_for_access_lines(2)

    equal([(line["status"], line["outcome"]) for line in lines], [(200, "ok")] * 2)
    equal(engine.connections, 1, "engine connections")


TRAILERS = [("x-checksum", "abc"), ("authorization", "evil"), ("x-forwarded-for", "evil")]
UPLOAD = {"routes": [{"paths": ["/upload"], "pool": "default", "body": "stream", "methods": ["POST"]}]}


def test_trailers_of_a_streamed_request_reach_an_http2_engine(world):
    engine = world.frame_engine()
    client = world.proxy(engine, pool={"protocol": "h2c"}, **UPLOAD).connect_h2()

    stream = client.open(head(target="/upload"), end=False)
    stream.send_data(b"body")
    stream.send_trailers(TRAILERS)
    request = engine.next_request()
    equal(request.wait_for_end(), b"body")
    request.respond(b"taken")

    equal(request.trailers, TRAILERS[:1], "trailers at the engine")
    equal(stream.read_response().body, b"taken")


def test_trailers_of_an_http1_client_reach_an_http2_engine(world):
    engine = world.frame_engine()
    client = world.proxy(engine, pool={"protocol": "h2c"}, **UPLOAD).connect()

    client.send(b"POST /upload HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
                + wire.chunk(b"body") + b"0\r\nX-Checksum: abc\r\nHost: evil\r\n\r\n")
    request = engine.next_request()
    equal(request.wait_for_end(), b"body")
    request.respond(b"taken")

    equal(request.trailers, TRAILERS[:1], "trailers at the engine")
    equal(client.read_response().body, b"taken")


def test_trailers_of_a_streamed_request_end_before_an_http1_engine(world):
    engine = world.engine(read_bodies=False)
    client = world.proxy(engine, **UPLOAD).connect_h2()

    stream = client.open(head(target="/upload"), end=False)
    stream.send_data(b"body")
    stream.send_trailers(TRAILERS)
    request = engine.next_request()
    request.expect(wire.chunk(b"body") + wire.LAST_CHUNK)
    request.respond(body=b"taken")

    equal(stream.read_response().body, b"taken")


@each([("a body that is read first", {}), ("a streamed body", UPLOAD)])
def test_too_many_trailers_refuse_the_request(world, settings):
    engine = world.frame_engine()
    target = "/upload" if settings else wire.CHAT
    client = world.proxy(engine, pool={"protocol": "h2c"}, **settings).connect_h2()

    stream = client.open(head(target=target), end=False)
    stream.send_data(b"{}")
    stream.send_trailers([("x", "y")] * 101)

    equal(stream.read_response().status, 400)
    holds(not any(request.ended for connection in engine.live for request
                  in connection.requests.values()), "an engine got a whole request")
