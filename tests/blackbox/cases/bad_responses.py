"""What an engine answers is read as strictly as a request: a malformed answer is a 502."""

from harness import wire
from harness.cases import each, equal
from harness.pairs import ALL, only

PAIRS = ALL

OK = b"HTTP/1.1 200 OK\r\n"

MALFORMED = [
    ("not HTTP", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ("no status", b"HTTP/1.1\r\n\r\n"),
    ("status 99", b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"),
    ("status 1000", b"HTTP/1.1 1000 Odd\r\nContent-Length: 0\r\n\r\n"),
    ("a status of letters", b"HTTP/1.1 2x0 Odd\r\nContent-Length: 0\r\n\r\n"),
    ("HTTP/2.0", b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("bare line feeds", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    ("a space before a colon", OK + b"Content-Length : 2\r\n\r\nok"),
    ("a folded line", OK + b"X: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok"),
    ("a NUL in a value", OK + b"X: \0\r\nContent-Length: 2\r\n\r\nok"),
    ("two lengths that differ", OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
    ("a signed length", OK + b"Content-Length: +2\r\n\r\nok"),
    ("length and chunked", OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("an unknown coding", OK + b"Transfer-Encoding: foo\r\n\r\nok"),
    ("chunked that is not last", OK + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    ("chunked in HTTP/1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a head of 70 KiB", OK + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(70))
     + b"Content-Length: 0\r\n\r\n"),
    ("201 fields", OK + b"X: 1\r\n" * 201 + b"Content-Length: 0\r\n\r\n"),
    ("11 interim responses", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 11
     + OK + b"Content-Length: 0\r\n\r\n"),
    ("switching protocols unasked", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
]


@only("an answer's bytes; h2_backends.py has frames", engine="h1")
@each(MALFORMED)
def test_malformed_answers_become_502(world, data):
    engine = world.engine()
    engine.on_request = lambda request: answer_and_wait(request, data)
    client = world.proxy(engine).client()

    response = client.chat()

    equal(response.status, 502)
    equal(response.error_code(), "upstream_bad_response")
    engine.on_request = lambda request: request.respond(body=b"canary")
    equal(client.chat().body, b"canary", "the next request on the same connection")


def answer_and_wait(request, data):
    """Sends the bytes and keeps the connection open: the proxy has to judge by the bytes alone."""
    request.send(data)
    request.done()


@only("chunks", engine="h1")
@each([
    ("a bad chunk size", b"zz\r\nhello\r\n"),
    ("no line end after a chunk", b"5\r\nhelloX"),
    ("a chunk size of 2^64", b"10000000000000000\r\n"),
    ("trailers of 66,000 bytes", b"0\r\nX: " + b"y" * 66_000 + b"\r\n\r\n"),
])
def test_malformed_chunks_after_the_head_end_the_stream_visibly(world, rest):
    engine = world.engine()
    exchange = world.proxy(engine).post_chat(stream=True)
    request = engine.next_request()
    request.start_stream()
    exchange.read_head()
    request.send_chunk(wire.event("good"))
    exchange.expect(wire.event("good"))

    request.send_what_is_taken(rest)
    request.expect_end()

    exchange.expect_broken()
