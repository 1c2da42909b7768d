"""Each timeout ends its phase with its own code."""

import socket

from harness import frames, wire
from harness.cases import each, equal
from harness.pairs import ALL, only

PAIRS = ALL


def expect_code(proxy, response, status, code):
    equal(response.status, status)
    equal(response.error_code(), code)
    line = proxy.wait_for_access_lines(1)[-1]
    equal(line["error"], code, "code in the access line")


@only("half a head of HTTP/1.1", client="h1")
def test_a_head_that_does_not_come_to_its_end(world):
    proxy = world.proxy(world.engine(), server={"head_timeout": "200ms"})
    client = proxy.connect()

    client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a")
    response = client.read_response()

    expect_code(proxy, response, 408, "head_timeout")
    proxy.wait_for_metric("penstock_errors_total", 1, code="head_timeout")
    client.expect_end()


@only("a byte that may begin either; over TLS it is known by ALPN", client="h1", client_tls=False)
def test_a_first_word_that_does_not_come_to_its_end(world):
    proxy = world.proxy(world.engine(), server={"head_timeout": "200ms"})
    client = proxy.connect()

    client.send(b"P")  # of POST, or of HTTP/2's preface

    client.expect_end()
    equal(proxy.wait_for_access_lines(1)[-1]["error"], "head_timeout")


@only("half a head of HTTP/2", client="h2")
def test_a_head_of_http2_that_does_not_come_to_its_end(world):
    proxy = world.proxy(world.engine(), server={"head_timeout": "200ms"})

    client = proxy.connect_h2(start=False)
    client.send(frames.PREFACE)

    equal(proxy.wait_for_access_lines(1)[-1]["error"], "head_timeout")


@each([("before the first request", False), ("between two", True)])
def test_a_connection_without_requests_is_counted(world, asked):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine, server={"keep_alive_timeout": "200ms"})
    client = proxy.client()
    if asked:
        client.chat()
    else:
        client.connect()

    proxy.wait_for_metric("penstock_client_idle_closes_total", 1)
    equal(proxy.metric("penstock_bad_requests_total"), 0)


def test_a_body_that_stalls(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"body_idle_timeout": "200ms"})
    body = wire.chat()

    exchange = proxy.start(body=body[:-1], length=len(body))
    response = exchange.read_response()

    expect_code(proxy, response, 408, "body_timeout")
    engine.expect_no_request()


def test_a_connect_that_is_not_answered(world):
    full = FullListener(world.pair.engine_scheme)
    proxy = world.proxy(full.url, server={"connect_timeout": "200ms"})

    response = proxy.chat()

    expect_code(proxy, response, 504, "connect_timeout")
    full.close()


class FullListener:
    """A listening socket whose queue is full: the kernel answers no connect to it."""

    def __init__(self, scheme):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        address = self.listener.getsockname()
        self.url = f"{scheme}://127.0.0.1:{address[1]}"
        self.fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(address)
            self.fillers.append(filler)

    def close(self):
        for each in [*self.fillers, self.listener]:
            each.close()


def test_a_first_byte_that_does_not_come(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"first_byte_timeout": "200ms"})

    exchange = proxy.post_chat()
    request = engine.next_request()
    response = exchange.read_response()

    expect_code(proxy, response, 504, "first_byte_timeout")
    request.expect_cancelled()


def test_a_route_may_have_its_own(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"first_byte_timeout": "100s"}, routes=[
        {"paths": ["/v1/chat/*"], "pool": "default", "first_byte_timeout": "200ms"}])

    expect_code(proxy, proxy.chat(), 504, "first_byte_timeout")


def test_a_request_that_takes_too_long_as_a_whole(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"total_timeout": "500ms"})
    exchange = proxy.post_chat(stream=True)
    request = engine.next_request()

    request.start_stream()
    exchange.read_head()
    exchange.expect_broken()

    equal(proxy.wait_for_access_lines(1)[0]["error"], "total_timeout")
    request.expect_cancelled()


@each([("inspect", "inspect"), ("stream", "stream")])
def test_connecting_takes_no_longer_than_the_whole_request_may(world, body):
    full = FullListener(world.pair.engine_scheme)
    proxy = world.proxy(full.url, server={"connect_timeout": "100s", "total_timeout": "200ms"},
                        routes=[{"paths": ["/v1/chat/*"], "pool": "default", "body": body}])

    response = proxy.chat()

    expect_code(proxy, response, 504, "total_timeout")
    full.close()


def test_timeouts_are_counted_by_code(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"first_byte_timeout": "200ms"})
    proxy.chat()

    proxy.wait_for_metric("penstock_errors_total", 1, code="first_byte_timeout")
