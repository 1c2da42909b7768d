"""Malformed and oversized requests are refused before a byte of them reaches an engine."""

import json

from harness import wire
from harness.cases import each, equal, holds
from harness.h2_client import head

HOST = b"Host: a.test\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\n" + HOST
OPEN = {"routes": [{"paths": ["/**"], "methods": ["*"], "pool": "default"}]}

# What is wrong, the bytes, the status. A request smuggled behind must not reach the engine either.
MALFORMED = [
    ("no version", b"GET /v1/models\r\n" + HOST + b"\r\n", 400),
    ("two spaces", b"GET  /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a tab in the request line", b"GET\t/v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a space before the method", b" GET /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a space after the version", b"GET /v1/models HTTP/1.1 \r\n" + HOST + b"\r\n", 400),
    ("bare line feeds", b"GET /v1/models HTTP/1.1\nHost: a.test\n\n", 400),
    ("a bare carriage return", b"GET /v1/models HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400),
    ("a small letter in HTTP", b"GET /v1/models http/1.1\r\n" + HOST + b"\r\n", 400),
    ("version 2.0", b"GET /v1/models HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    ("a method of small letters", b"get /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    ("CONNECT", b"CONNECT a.test:80 HTTP/1.1\r\n" + HOST + b"\r\n", (400, 405, 501)),
    ("TRACE", b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", (405, 501)),
    ("a fragment in the target", b"GET /x#y HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("bytes over 127 in the target", b"GET /x\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a target without slash", b"GET x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("asterisk with GET", b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("user information in the target", b"GET http://u:p@a.test/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("no Host", b"GET /v1/models HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", b"GET /v1/models HTTP/1.1\r\n" + HOST * 2 + b"\r\n", 400),
    ("a Host with a path", b"GET /v1/models HTTP/1.1\r\nHost: a.test/x\r\n\r\n", 400),
    ("a Host with two names", b"GET /v1/models HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n", 400),
    ("a Host unlike the target's", b"GET http://b.test/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a space before the colon", POST + b"X : 1\r\n\r\n", 400),
    ("an empty name", POST + b": 1\r\n\r\n", 400),
    ("a quote in a name", POST + b'X"Y: 1\r\n\r\n', 400),
    ("a line without colon", POST + b"nonsense\r\n\r\n", 400),
    ("a folded line", POST + b"X: 1\r\n  2\r\n\r\n", 400),
    ("a space before the first field", b"GET / HTTP/1.1\r\n X: 1\r\n" + HOST + b"\r\n", 400),
    ("a NUL in a value", POST + b"X: a\0b\r\n\r\n", 400),
    ("an escape in a value", POST + b"X: a\x1bb\r\n\r\n", 400),
    ("a delete in a value", POST + b"X: a\x7fb\r\n\r\n", 400),
    ("length and chunked", POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("chunked and length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400),
    ("two lengths", POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    ("a list of lengths", POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    ("a signed length", POST + b"Content-Length: +3\r\n\r\nabc", 400),
    ("a negative length", POST + b"Content-Length: -3\r\n\r\nabc", 400),
    ("a hexadecimal length", POST + b"Content-Length: 0x3\r\n\r\nabc", 400),
    ("an empty length", POST + b"Content-Length: \r\n\r\n", 400),
    ("a length of 20 digits", POST + b"Content-Length: 18446744073709551616\r\n\r\n", 400),
    ("an unknown coding", POST + b"Transfer-Encoding: xchunked\r\n\r\n", (400, 501)),
    ("identity", POST + b"Transfer-Encoding: identity\r\n\r\n", (400, 501)),
    ("gzip before chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("chunked before identity", POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("chunked on two lines", POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
     (400, 501)),
    ("quoted chunked", POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', (400, 501)),
    ("chunked with a parameter", POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", (400, 501)),
    ("an empty coding", POST + b"Transfer-Encoding: \r\n\r\n", 400),
    ("chunked in HTTP/1.0", b"POST /v1/chat/completions HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"0\r\n\r\n", 400),
    ("another expectation", POST + b"Expect: a-miracle\r\nContent-Length: 2\r\n\r\n{}", 417),
]

CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BAD_CHUNKS = [
    ("no size", b"\r\nabc\r\n0\r\n\r\n"),
    ("a size with sign", b"+3\r\nabc\r\n0\r\n\r\n"),
    ("a size with 0x", b"0x3\r\nabc\r\n0\r\n\r\n"),
    ("a size with space before", b" 3\r\nabc\r\n0\r\n\r\n"),
    ("a size of 17 digits", b"10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("a size of 2^64-1", b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    ("a bare line feed after the size", b"3\nabc\r\n0\r\n\r\n"),
    ("no line end after the data", b"3\r\nabcX\r\n0\r\n\r\n"),
    ("a bare line feed after the data", b"3\r\nabc\n0\r\n\r\n"),
    ("a control character in an extension", b"3;a=\x01\r\nabc\r\n0\r\n\r\n"),
    ("a chunk line of 300 bytes", b"3;" + b"a" * 300 + b"\r\nabc\r\n0\r\n\r\n"),
    ("too many extensions", b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"
     * 2000 + b"0\r\n\r\n"),
    ("a malformed trailer", b"3\r\nabc\r\n0\r\nX : 1\r\n\r\n"),
    ("trailers of 66,000 bytes", b"3\r\nabc\r\n0\r\nX: " + b"a" * 66_000 + b"\r\n\r\n"),
]

MARKER = b"GET /marker HTTP/1.1\r\nHost: a.test\r\n\r\n"


def refused(world, data, status, piece=None, **options):
    """The request is answered so, the connection ends, nothing reaches the engine, others go on."""
    data += MARKER
    engine = world.engine()
    proxy = world.proxy(engine, **{**OPEN, **options})
    client = proxy.connect()
    try:
        client.send_in_pieces(data, piece) if piece else client.send(data)
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all of it was sent
    response = client.read_response()
    allowed = status if isinstance(status, tuple) else (status,)
    holds(response.status in allowed, f"expected {allowed}, came {response.status} {response.body!r}")
    client.read_to_end()
    engine.expect_no_request()
    engine.answer_all(b"canary")
    equal(proxy.chat().body, b"canary", "a request afterwards")
    return response


@each(MALFORMED)
def test_malformed_heads_are_refused(world, data, status):
    refused(world, data, status)


@each(MALFORMED[::4])
def test_malformed_heads_are_refused_byte_by_byte(world, data, status):
    refused(world, data, status, piece=1)


@each(BAD_CHUNKS)
def test_malformed_chunks_are_refused(world, chunks):
    refused(world, CHUNKED + chunks, 400)


@each([
    ("a request line of 9 KiB", b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("a head of 40 KiB", POST + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(40))
     + b"\r\n", 431),
    ("101 fields", POST + b"X: 1\r\n" * 100 + b"\r\n", 431),
    ("a field of 17 KiB", POST + b"X: " + b"y" * 17_000 + b"\r\n\r\n", 431),
    ("a field name of 300 bytes", POST + b"y" * 300 + b": 1\r\n\r\n", 431),
    ("a field that never ends", POST + b"X: " + b"y" * 200_000, 431),
])
def test_oversized_heads_are_refused(world, data, status):
    refused(world, data, status)


def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(world):
    engine = world.engine()
    engine.answer_all(b"taken")
    proxy = world.proxy(engine, server={"max_body": "1KiB"})
    most = wire.chat("x" * (1024 - len(wire.chat(""))))
    equal(len(most), 1024)

    equal(proxy.connect().ask(wire.request(body=most)).status, 200)
    response = proxy.connect().ask(wire.request(body=most + b" "))

    equal(response.status, 413)
    equal(response.error_code(), "body_too_large")


def test_a_chunked_body_over_the_limit_is_refused(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"max_body": "1KiB"})

    response = proxy.connect().ask(
        CHUNKED + wire.chunk(b"x" * 1024) + wire.chunk(b"x") + wire.LAST_CHUNK)

    equal((response.status, response.error_code()), (413, "body_too_large"))
    engine.expect_no_request()


def test_a_refusal_tells_its_code_in_the_apis_shape(world):
    response = refused(world, POST + b"X : 1\r\n\r\n", 400)

    error = response.json()["error"]
    equal(sorted(error), ["code", "message", "param", "type"])
    equal(error["code"], "bad_request")
    equal(response.field("Connection"), "close")


MESSAGES = b"POST /v1/messages?beta=1 HTTP/1.1\r\n" + HOST
LONG = b"x" * 9000


@each([("a malformed field", MESSAGES + b"X : 1\r\n\r\n", "bad_request", "POST", "/v1/messages"),
       ("a head too large", MESSAGES + b"X: " + b"y" * 17_000 + b"\r\n\r\n", "head_too_large",
        "POST", "/v1/messages"),
       ("a line too long", b"GET /" + LONG + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        "request_line_too_long", "GET", "/" + "x" * 255),
       ("an unknown method", b"BREW /pot HTTP/1.1\r\n" + HOST + b"\r\n", "unsupported_method",
        "BREW", "/pot"),
       ("a later version", b"GET /v1/models HTTP/3.0\r\n" + HOST + b"\r\n", "unsupported_version",
        "GET", "/v1/models"),
       ("a coding", MESSAGES + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        "unsupported_transfer_encoding", "POST", "/v1/messages"),
       ("an expectation", MESSAGES + b"Expect: a-miracle\r\nContent-Length: 2\r\n\r\n{}",
        "expectation_failed", "POST", "/v1/messages"),
       ("no request at all", b"\x16\x03\x01 \r\n\r\n", "bad_request", None, None)])
def test_a_refused_head_is_counted_and_logged(world, data, code, method, path):
    proxy = world.proxy(world.engine())
    client = proxy.connect()

    client.send(data)
    response = client.read_response()

    if path == "/v1/messages":
        equal(response.json()["type"], "error", "the shape of the API that was asked")
    else:
        equal(response.error_code(), code)
    (line,) = proxy.wait_for_access_lines(1)
    equal((line["error"], line["status"], line["method"], line["path"], line["client"]),
          (code, response.status, method, path, "127.0.0.1"), "the access line")
    equal(proxy.metric("penstock_errors_total", code=code), 1, "penstock_errors_total")
    equal(proxy.metric("penstock_requests_total", code=str(response.status)), 1, "requests")
    equal(proxy.metric("penstock_bad_requests_total"), 1, "penstock_bad_requests_total")


def test_a_refused_head_of_http2_is_counted_and_logged(world):
    proxy = world.proxy(world.engine())
    client = proxy.connect_h2()

    stream = client.open(head("POST", "/v1/messages", [("host", "b.test")]))
    response = stream.read_response()

    equal(response.status, 400)
    equal(json.loads(response.body)["type"], "error", "the shape of the API that was asked")
    (line,) = proxy.wait_for_access_lines(1)
    equal((line["error"], line["status"], line["method"], line["path"]),
          ("bad_request", 400, "POST", "/v1/messages"), "the access line")
    equal(proxy.metric("penstock_errors_total", code="bad_request"), 1, "penstock_errors_total")


def test_a_client_that_ends_within_its_body_reaches_no_engine(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect()

    client.send(wire.post_chat()[:-1])
    client.half_close()
    client.read_to_end()

    engine.expect_no_request()


@each([
    ("absolute form", b"POST http://a.test/v1/chat/completions HTTP/1.1\r\n" + HOST),
    ("HTTP/1.0 without Host", b"POST /v1/chat/completions HTTP/1.0\r\n"),
    ("a Host with a port", b"POST /v1/chat/completions HTTP/1.1\r\nHost: a.test:8080\r\n"),
    ("an IPv6 Host", b"POST /v1/chat/completions HTTP/1.1\r\nHost: [::1]:8080\r\n"),
    ("a query", b"POST /v1/chat/completions?x=%20y&z HTTP/1.1\r\n" + HOST),
    ("no space after a colon", POST + b"X:1\r\n"),
    ("spaces around a value", POST + b"X:   1 \t \r\n"),
    ("bytes over 127 in a value", POST + b"X: caf\xc3\xa9\r\n"),
    ("an empty value", POST + b"X:\r\n"),
    ("100 fields", POST + b"X: 1\r\n" * 98),
    ("small letters in names", POST.replace(b"Host", b"host")),
])
def test_unusual_but_right_requests_are_served(world, head):
    engine = world.engine()
    engine.answer_all(b"served")
    body = wire.chat()

    response = world.proxy(engine).connect().ask(
        head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    equal((response.status, response.body), (200, b"served"))


def test_chunked_in_capital_letters_is_chunked(world):
    engine = world.engine()
    engine.answer_all(b"served")
    body = wire.chat()

    response = world.proxy(engine).connect().ask(
        POST + b"Transfer-Encoding: CHUNKED\r\n\r\n" + wire.chunk(body) + wire.LAST_CHUNK)

    equal(response.body, b"served")
