"""Malformed HTTP/2 requests are refused before a byte reaches an engine; unusual ones get through.

Every rule of HTTP/1.1 holds here too, so that no request gets in by another version of HTTP. What
breaks HTTP/2's own rules (RFC 9113 8) resets the stream, what breaks ours has an answer. Either way
the connection goes on.
"""

from harness import frames
from harness.cases import each, equal, holds
from harness.config import Sub
from harness.frames import FLOW_CONTROL_ERROR, MOST_WINDOW, PROTOCOL_ERROR
from harness.h2_client import head

OPEN = {"routes": [{"paths": ["/**"], "methods": ["*"], "pool": "default"}]}
METHOD, SCHEME, AUTHORITY, PATH = ((":method", "POST"), (":scheme", "http"),
                                   (":authority", "a.test"), (":path", "/x"))
GOOD = [METHOD, SCHEME, AUTHORITY, PATH]


def plus(*fields):
    return [*GOOD, *fields]


def path(value):
    return [METHOD, SCHEME, AUTHORITY, (":path", value)]


def authority(value, *more):
    return [METHOD, SCHEME, (":authority", value), PATH, *more]


def method(value):
    return [(":method", value), SCHEME, AUTHORITY, PATH]


# What is wrong, and the fields: each resets its stream.
RESET = [
    ("CR in a value", plus(("x", "a\rb"))),
    ("LF in a value", plus(("x", "a\nb"))),
    ("CR LF and a field in a value", plus(("x", "a\r\nevil: 1"))),
    ("NUL in a value", plus(("x", "a\0b"))),
    ("an escape in a value", plus(("x", "a\x1bb"))),
    ("a delete in a value", plus(("x", "a\x7fb"))),
    ("a space before a value", plus(("x", " a"))),
    ("a space after a value", plus(("x", "a "))),
    ("a tab after a value", plus(("x", "a\t"))),
    ("an empty name", plus(("", "a"))),
    ("a space in a name", plus(("x y", "a"))),
    ("a colon in a name", plus(("x:y", "a"))),
    ("a colon after a name", plus(("x:", "a"))),
    ("CR LF in a name", plus(("x\r\nevil", "a"))),
    ("a quote in a name", plus(('x"y', "a"))),
    ("NUL in a name", plus(("x\0", "a"))),
    ("bytes over 127 in a name", plus(("x\xe9", "a"))),
    ("a capital letter in a name", plus(("X", "a"))),
    ("connection", plus(("connection", "close"))),
    ("keep-alive", plus(("keep-alive", "timeout=5"))),
    ("proxy-connection", plus(("proxy-connection", "close"))),
    ("transfer-encoding", plus(("transfer-encoding", "chunked"))),
    ("upgrade", plus(("upgrade", "websocket"))),
    ("te with another value", plus(("te", "gzip"))),
    ("te with one value more", plus(("te", "trailers, gzip"))),
    ("no path", [METHOD, SCHEME, AUTHORITY]),
    ("no method", [SCHEME, AUTHORITY, PATH]),
    ("no scheme", [METHOD, AUTHORITY, PATH]),
    ("an empty path", path("")),
    ("a path without slash", path("x")),
    ("a path with a space", path("/x y")),
    ("a path with CR LF", path("/x HTTP/1.1\r\nevil: 1\r\n")),
    ("a path with NUL", path("/x\0")),
    ("a whole URL as path", path("http://a.test/x")),
    ("an asterisk with POST", path("*")),
    ("an empty authority", authority("")),
    ("an authority with a space", authority("a.test b.test")),
    ("an authority with CR LF", authority("a.test\r\nevil: 1")),
    ("a method with CR LF", method("GET /evil HTTP/1.1\r\nevil: 1\r\n\r\nGET")),
    ("a method with a space", method("GET /evil")),
    ("an empty method", method("")),
    ("a scheme with CR LF", [METHOD, (":scheme", "http\r\nevil: 1"), AUTHORITY, PATH]),
    ("two methods", [METHOD, *GOOD]),
    ("two schemes", [SCHEME, *GOOD]),
    ("two authorities", [AUTHORITY, *GOOD]),
    ("two paths", [PATH, *GOOD]),
    ("a pseudo-field after the others", [METHOD, SCHEME, AUTHORITY, ("x", "1"), PATH]),
    ("an unknown pseudo-field", [(":evil", "1"), *GOOD]),
    (":status in a request", [(":status", "200"), *GOOD]),
    (":protocol, which we do not offer", [(":protocol", "websocket"), *GOOD]),
    ("two hosts", plus(("host", "a.test"), ("host", "a.test"))),
    ("a host with two names", [METHOD, SCHEME, PATH, ("host", "a.test, b.test")]),
    ("a host with a path", [METHOD, SCHEME, PATH, ("host", "a.test/x")]),
    ("neither host nor authority", [METHOD, SCHEME, PATH]),
    ("two lengths", plus(("content-length", "0"), ("content-length", "0"))),
    ("a signed length", plus(("content-length", "+0"))),
    ("a negative length", plus(("content-length", "-1"))),
    ("a list of lengths", plus(("content-length", "0, 0"))),
    ("an empty length", plus(("content-length", ""))),
    ("a length of 20 digits", plus(("content-length", "18446744073709551616"))),
    ("a length without content", plus(("content-length", "5"))),
    ("CONNECT with a path", [(":method", "CONNECT"), SCHEME, AUTHORITY, PATH]),
    ("extended CONNECT", [(":method", "CONNECT"), (":protocol", "websocket"), SCHEME, AUTHORITY, PATH]),
]

# What is wrong, the fields, and the answer's status.
ANSWERED = [
    ("a fragment in the path", path("/x#y"), 400),
    ("a quote in the path", path('/x"y'), 400),
    ("a bracket in the path", path("/x<y>"), 400),
    ("a brace in the path", path("/x{y}"), 400),
    ("a bar in the path", path("/x|y"), 400),
    ("a caret in the path", path("/x^y"), 400),
    ("a backslash in the path", path("/x\\y"), 400),
    ("bytes over 127 in the path", path("/x\xe9"), 400),
    ("a hidden NUL in the path", path("/x%00y"), 400),
    ("a hidden LF in the path", path("/x%0ay"), 400),
    ("a hidden CR in the path", path("/x%0Dy"), 400),
    ("another scheme", [METHOD, (":scheme", "ftp"), AUTHORITY, PATH], 400),
    ("user information in the authority", authority("u:p@a.test"), 400),
    ("a host unlike the authority", plus(("host", "b.test")), 400),
    ("a method of small letters", method("get"), 501),
    ("an unknown method", method("PROPFIND"), 501),
    ("TRACE", method("TRACE"), (405, 501)),
    ("plain CONNECT", [(":method", "CONNECT"), (":authority", "a.test:80")], (400, 405, 501)),
    ("another expectation", plus(("expect", "a-miracle")), 417),
    ("a path of 9 KiB", path("/" + "x" * 9000), 414),
    ("101 fields", plus(*[("x", "1")] * 101), 431),
    ("a field of 17 KiB", plus(("x", "y" * 17_000)), 431),
    ("a name of 300 bytes", plus(("y" * 300, "1")), 431),
    ("a head of 40 KiB", plus(*[(f"x-{n}", "y" * 1000) for n in range(40)]), 431),
]

# What is unusual, the fields, and bytes that the engine must see.
ACCEPTED = [
    ("bytes over 127 in a value", plus(("x", "caf\xe9")), b"\r\nx: caf\xe9\r\n"),
    ("a tab within a value", plus(("x", "a\tb")), b"\r\nx: a\tb\r\n"),
    ("an empty value", plus(("x", "")), b"\r\nx: \r\n"),
    ("te: trailers", plus(("te", "trailers"), ("x", "1")), b"\r\nx: 1\r\n"),
    ("a host like the authority", plus(("host", "a.test")), b"X-Forwarded-Host: a.test\r\n"),
    ("a host in capital letters", plus(("host", "A.TEST")), b"X-Forwarded-Host: a.test\r\n"),
    ("a host and no authority", [METHOD, SCHEME, PATH, ("host", "b.test")],
     b"X-Forwarded-Host: b.test\r\n"),
    ("an authority with a port", authority("a.test:8080"), b"X-Forwarded-Host: a.test:8080\r\n"),
    ("an IPv6 authority", authority("[::1]:80"), b"X-Forwarded-Host: [::1]:80\r\n"),
    ("a query with escapes", path("/x?y=%20z&%7B"), b"POST /x?y=%20z&%7B HTTP/1.1\r\n"),
    ("OPTIONS of all", [(":method", "OPTIONS"), SCHEME, AUTHORITY, (":path", "/x")],
     b"OPTIONS /x HTTP/1.1\r\n"),
    ("a length of nothing", plus(("content-length", "0")), b"\r\nContent-Length: 0\r\n"),
    ("100 fields", plus(*[("x", "1")] * 100), b"x: 1\r\n" * 100),
    ("a path of 8,000 bytes", path("/" + "x" * 8000), b"POST /" + b"x" * 8000 + b" HTTP/1.1\r\n"),
]


def refused(world, act, check):
    """What `act` sends is refused as `check` says; nothing reaches the engine, the connection lives."""
    engine = world.engine()
    proxy = world.proxy(engine, **OPEN)
    client = proxy.connect_h2()
    check(act(client))
    client.synchronise()
    engine.expect_no_request()
    engine.answer_all(b"canary")
    equal(client.get("/canary").body, b"canary", "a request afterwards")
    return proxy


def expect_trace(proxy, reason):
    """The stream that was reset is counted and has an access line."""
    counted = {labels["reason"]: count for name, labels, count in proxy.metrics()
               if name == "penstock_http2_stream_errors_total" and count}
    equal(counted, {reason: 1}, "stream errors by reason")
    line = proxy.wait_for_access_lines(2)[0]
    equal((line["outcome"], line["error"], line["status"]), ("client_error", "bad_request", 400))


@each(RESET)
def test_what_breaks_the_protocols_rules_resets_its_stream(world, fields):
    proxy = refused(world, lambda client: client.open(fields),
                    lambda stream: stream.expect_reset(PROTOCOL_ERROR))

    expect_trace(proxy, "malformed_head")
    equal(proxy.metric("penstock_bad_requests_total"), 1)


@each(ANSWERED)
def test_what_breaks_our_rules_is_answered(world, fields, status):
    def answered(stream):
        response = stream.read_response()
        allowed = status if isinstance(status, tuple) else (status,)
        holds(response.status in allowed, f"expected {allowed}, came {response.fields}")

    refused(world, lambda client: client.open(fields), answered)


@each(ACCEPTED)
def test_what_is_unusual_but_right_is_served(world, fields, bytes_at_engine):
    engine = world.engine()
    client = world.proxy(engine, **OPEN).connect_h2()

    stream = client.open(fields)
    request = engine.next_request()
    request.respond(body=b"served")

    equal(stream.read_response().body, b"served")
    holds(bytes_at_engine in request.head.raw, f"came {request.head.raw!r}")
    equal(len(request.head.all("Host")), 1, "Host fields")


def content(length, *pieces):
    """DATA frames of these pieces, the last with END_STREAM, after a head that says `length`."""
    def act(client):
        stream = client.open(plus(("content-length", str(length))), end=False)
        for index, piece in enumerate(pieces):
            stream.send_data(piece, end=index + 1 == len(pieces))
        return stream
    return act


def trailers(fields, end=True, length=()):
    def act(client):
        stream = client.open(plus(*length), end=False)
        stream.send_data(b"abc")
        client.send(frames.headers(stream.id, fields, end=end))
        return stream
    return act


@each([
    ("less content than its length", content(5, b"abc")),
    ("less content in two frames", content(5, b"ab", b"c")),
    ("more content than its length", content(2, b"abc")),
    ("more content in two frames", content(2, b"ab", b"c")),
    ("content where there is none", content(0, b"a")),
    ("a pseudo-field in the trailers", trailers([(":path", "/evil")])),
    ("another length in the trailers", trailers([("content-length", "2")])),
    ("transfer-encoding in the trailers", trailers([("transfer-encoding", "chunked")])),
    ("connection in the trailers", trailers([("connection", "close")])),
    ("CR LF in the trailers", trailers([("x", "a\r\nb")])),
    ("trailers that are not the end", trailers([("x", "1")], end=False)),
    ("less content than its length before trailers",
     trailers([("x", "1")], length=[("content-length", "5")])),
])
def test_content_and_trailers_that_break_the_rules_reset_their_stream(world, act):
    proxy = refused(world, act, lambda stream: stream.expect_reset(PROTOCOL_ERROR))

    expect_trace(proxy, "malformed_content")


def test_a_window_that_overflows_resets_its_stream(world):
    def act(client):
        stream = client.open(GOOD, end=False)
        stream.grant(MOST_WINDOW)
        return stream

    proxy = refused(world, act, lambda stream: stream.expect_reset(FLOW_CONTROL_ERROR))

    expect_trace(proxy, "window_overflow")


def test_a_stream_that_breaks_the_rules_while_it_is_answered_tells_its_status(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect_h2()
    stream = client.post_chat(stream=True)
    engine.next_request().start_stream()
    equal(stream.read_status(), 200)

    stream.grant(MOST_WINDOW)
    stream.expect_reset(FLOW_CONTROL_ERROR)

    line = proxy.wait_for_access_lines(1)[0]
    equal((line["outcome"], line["error"], line["status"]), ("client_error", "bad_request", 200))


def test_a_refusal_tells_its_code(world):
    client = world.proxy(world.engine()).connect_h2()

    response = client.ask(head(target="/x#y"))

    equal((response.status, response.field("content-type")), (400, "application/json"))
    holds(b'"code":"bad_request"' in response.body, f"came {response.body!r}")


def test_no_byte_within_a_field_makes_a_line_at_the_engine(world):
    engine = world.engine()
    raw = []
    engine.on_request = lambda request: (raw.append(request.head.raw), request.respond())
    proxy = world.proxy(engine, **OPEN, server={"http2": Sub({"errors_burst": 1000})})
    client = proxy.connect_h2()

    for name in (":path", ":authority", "x"):
        for code in range(256):
            fields = [(key, b"/a%cb" % code if key == name == ":path" else b"a%cb" % code
                       if key == name else value) for key, value in plus(("x", "1"))]
            client.open(fields).next_frame()

    lines = {len(each.split(b"\r\n")) for each in raw}
    equal(len(lines), 1, "numbers of lines of all that came through")
    for each in raw:
        bare = each.replace(b"\r\n", b"")
        holds(not set(bare) & set(b"\r\n\0"), f"a control character came through: {each!r}")
