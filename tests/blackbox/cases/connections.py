"""Connections are kept on both sides, used in order, and replaced when they have died."""

from harness import wire
from harness.cases import equal, holds


def test_a_client_connection_serves_many_requests_over_one_engine_connection(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    client = world.proxy(engine).connect()

    for number in range(20):
        equal(client.chat(f"request {number}").body, b"answer")

    equal(engine.connections, 1, "engine connections")


def test_another_client_uses_the_idle_engine_connection(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine)

    for _ in range(5):
        equal(proxy.chat().body, b"answer")

    equal(engine.connections, 1, "engine connections")


def test_pipelined_requests_are_answered_in_order_and_never_pipelined_to_an_engine(world):
    engine = world.engine()
    client = world.proxy(engine).connect()

    client.send(b"".join(wire.post_chat(f"request {number}") for number in range(5)))

    for number in range(5):
        request = engine.next_request()
        holds(b"request %d" % number in request.body, f"not in order: {request.body!r}")
        holds(not request.buffer, "a second request came before the answer to the first")
        request.respond(body=b"answer %d" % number)
    for number in range(5):
        equal(client.read_response().body, b"answer %d" % number)


def test_a_malformed_pipelined_request_ends_the_connection_after_the_good_ones(world):
    engine = world.engine()
    engine.answer_all(b"good")
    client = world.proxy(engine).connect()

    client.send(wire.post_chat() * 2 + b"GET / HTTP/1.1\r\nHost : x\r\n\r\n" + wire.post_chat())

    equal(client.read_response().body, b"good")
    equal(client.read_response().body, b"good")
    equal(client.read_response().status, 400)
    client.expect_end()


def test_connection_close_is_honoured(world):
    engine = world.engine()
    engine.answer_all(b"last")
    client = world.proxy(engine).connect()

    response = client.chat(fields=[("Connection", "close")])

    equal(response.field("Connection"), "close")
    client.expect_end()


def test_an_http_1_0_client_gets_a_body_that_ends_with_the_connection(world):
    engine = world.engine()
    client = world.proxy(engine).connect()
    client.send(wire.request(body=wire.chat(stream=True), version="1.0"))

    request = engine.next_request()
    request.start_stream()
    request.send_chunk(b"one")
    request.send_chunk(b"two")
    request.end_stream()
    head = client.read_head()
    rest, how = client.read_to_end()

    equal(head.field("Transfer-Encoding"), None)
    equal(rest, b"onetwo")
    equal(how, "fin")


def test_an_http_1_0_client_may_keep_its_connection(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    client = world.proxy(engine).connect()
    request = wire.request(body=wire.chat(), version="1.0", fields=[("Connection", "keep-alive")])

    for _ in range(2):
        response = client.ask(request)
        equal(response.body, b"answer")
        equal(response.field("Connection").lower(), "keep-alive")


def test_empty_lines_before_a_request_are_tolerated(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    client = world.proxy(engine).connect()

    equal(client.ask(b"\r\n" + wire.post_chat()).status, 200)


def test_an_engine_that_closes_idle_connections_costs_no_request(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect()
    for number in range(5):
        client.send(wire.post_chat(f"request {number}"))
        request = engine.next_request()
        request.send(wire.response(body=b"answer"))
        equal(client.read_response().body, b"answer")
        request.close()


def test_a_reused_connection_that_dies_with_the_request_is_replaced_once(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect()
    client.send(wire.post_chat("first"))
    engine.next_request().respond(body=b"one")
    equal(client.read_response().body, b"one")

    client.send(wire.post_chat("second"))
    died = engine.next_request()
    died.close()
    again = engine.next_request()
    again.respond(body=b"two")

    equal(client.read_response().body, b"two")
    holds(again.connection.number > died.connection.number, "no fresh connection was made")


def test_an_idle_engine_connection_is_closed_before_the_engine_does(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"upstream_idle_timeout": "200ms"})
    client = proxy.connect()
    client.send(wire.post_chat())
    request = engine.next_request()
    request.send(wire.response(body=b"answer"))
    client.read_response()

    equal(request.expect_end(), "fin", "how the idle connection ended")


def test_bytes_after_a_response_never_become_the_next_response(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect()
    client.send(wire.post_chat("first"))
    first = engine.next_request()
    first.send(wire.response(body=b"one") + wire.response(body=b"poison"))
    equal(client.read_response().body, b"one")

    client.send(wire.post_chat("second"))
    second = engine.next_request()
    second.respond(body=b"two")

    equal(client.read_response().body, b"two")
    holds(second.connection.number > first.connection.number, "the poisoned connection was used")


def test_an_engine_that_says_close_is_not_reused(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect()
    client.send(wire.post_chat("first"))
    first = engine.next_request()
    first.respond(fields=[("Connection", "close")], body=b"one")
    equal(client.read_response().body, b"one")

    client.send(wire.post_chat("second"))
    second = engine.next_request()
    second.respond(body=b"two")

    equal(client.read_response().body, b"two")
    holds(second.connection.number > first.connection.number, "the connection was used again")


def test_an_idle_client_connection_is_closed_in_time(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine, server={"keep_alive_timeout": "300ms"})
    client = proxy.connect()
    client.chat()

    client.expect_end()


def test_one_connection_too_many_is_closed_at_once(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine, server={"max_connections": 2})
    clients = [proxy.connect() for _ in range(2)]
    for client in clients:
        equal(client.chat().body, b"answer")

    proxy.connect().expect_end()

    for client in clients:
        equal(client.chat().body, b"answer", "over a connection that was there")


def test_an_answer_before_the_request_has_ended_is_passed_on(world):
    engine = world.engine(read_bodies=False)
    proxy = world.proxy(engine, routes=[{"paths": ["/upload"], "pool": "default", "body": "stream",
                                         "methods": ["POST"]}])
    client = proxy.connect()
    client.send(wire.request(target="/upload", fields=[("Content-Length", "1000000")]) + b"some")
    request = engine.next_request()

    request.send(wire.response(413, body=b"too much", reason="Content Too Large"))

    equal(client.read_response().status, 413)
    client.read_to_end()
