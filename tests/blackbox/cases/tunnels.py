"""WebSocket and other upgrades: after a 101 both directions are opaque bytes."""

from harness import config, wire
from harness.cases import each, equal
from harness.pairs import TUNNELS

PAIRS = TUNNELS
REALTIME = "/v1/realtime"
HANDSHAKE = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"),
             ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="), ("Sec-WebSocket-Version", "13")]
SWITCHING = wire.response(101, [("Connection", "Upgrade"), ("Upgrade", "websocket"),
                                ("Sec-WebSocket-Accept", "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")],
                          reason="Switching Protocols").replace(b"Content-Length: 0\r\n", b"")


def with_tunnels(world, engine, server=None, **more):
    return world.proxy_of(server=server or {}, pools=[config.pool("default", [engine.url])],
                          routes=[{"pool": "default", "paths": ["/**"], "methods": ["*"],
                                   "upgrades": ["websocket"], **more}])


def ask(client, fields=HANDSHAKE, **more):
    client.send(wire.get(REALTIME, fields, **more))


def open_tunnel(world, **more):
    engine = world.engine()
    proxy = with_tunnels(world, engine, **more)
    client = proxy.connect()
    ask(client)
    request = engine.next_request()
    request.send(SWITCHING)
    client.read_head()
    return proxy, client, request


def test_the_handshake_passes_with_its_fields_and_nothing_of_the_connection_besides(world):
    engine = world.engine()
    client = with_tunnels(world, engine).connect()

    ask(client)
    request = engine.next_request()
    request.send(SWITCHING)
    head = client.read_head()

    equal(request.all("Upgrade"), ["websocket"])
    equal(request.all("Connection"), ["Upgrade"])
    equal(request.field("Sec-WebSocket-Key"), "x3JJHMbDL1EzLkh9GBhXDw==")
    equal(head.first[1:], ["101", "Switching Protocols"])
    equal(head.all("Upgrade"), ["websocket"])
    equal(head.all("Connection"), ["Upgrade"])
    equal(head.field("Sec-WebSocket-Accept"), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
    equal(head.all("Content-Length") + head.all("Transfer-Encoding"), [])


def test_bytes_pass_both_ways_as_they_come(world):
    _, client, request = open_tunnel(world)

    client.send(b"\x81\x85GET / HTTP/1.1\r\n\r\n")
    request.expect(b"\x81\x85GET / HTTP/1.1\r\n\r\n")
    request.send(b"\x00\xff0\r\n\r\n")
    client.expect(b"\x00\xff0\r\n\r\n")
    client.send(b"again")
    request.expect(b"again")


def test_what_comes_with_the_101_and_right_after_the_request_is_not_lost(world):
    engine = world.engine()
    client = with_tunnels(world, engine).connect()

    client.send(wire.get(REALTIME, HANDSHAKE) + b"early bird")
    request = engine.next_request()
    request.send(SWITCHING + b"first frame")

    client.read_head()
    client.expect(b"first frame")
    request.expect(b"early bird")


def test_megabytes_pass_both_ways_at_once(world):
    _, client, request = open_tunnel(world)
    block = bytes(range(256)) * 256

    for _ in range(32):
        client.send(block)
        request.send(block)
        request.expect(block)
        client.expect(block)


def test_the_engine_ends_the_tunnel(world):
    proxy, client, request = open_tunnel(world)

    request.send(b"bye")
    request.end_connection()

    equal(client.read_to_end(), (b"bye", "fin"))
    line = proxy.wait_for_access_lines(1)[0]
    equal((line["status"], line["outcome"]), (101, "ok"))


def test_a_client_that_has_said_all_still_hears_the_engine(world):
    proxy, client, request = open_tunnel(world)

    client.send(b"last words")
    client.half_close()
    request.expect(b"last words")
    equal(request.expect_end(), "fin")
    request.send(b"the rest")
    client.expect(b"the rest")
    request.end_connection()

    equal(client.expect_end(), "fin")
    line = proxy.wait_for_access_lines(1)[0]
    equal((line["status"], line["outcome"]), (101, "ok"))


def test_what_a_client_has_sent_before_its_end_arrives_while_the_engine_talks(world):
    _, client, request = open_tunnel(world)
    block = bytes(range(256)) * 800
    request.send(b"as you were saying")

    client.send(block)
    client.half_close()
    request.send(b", go on")

    request.expect(block)
    equal(request.expect_end(), "fin")
    client.expect(b"as you were saying, go on")


def test_a_client_that_has_said_all_with_its_request_is_passed_on_where_that_is_allowed(world):
    engine = world.engine()
    client = with_tunnels(world, engine, server={"half_close": True}).connect()

    client.send(wire.get(REALTIME, HANDSHAKE) + b"early bird")
    client.half_close()
    request = engine.next_request()
    request.send(SWITCHING)

    request.expect(b"early bird")
    equal(request.expect_end(), "fin")
    client.read_head()
    request.send(b"heard")
    client.expect(b"heard")


def test_a_client_that_dies_ends_the_tunnel(world):
    proxy, client, request = open_tunnel(world)

    client.send(b"last words")
    request.expect(b"last words")
    client.reset()

    request.expect_end()
    line = proxy.wait_for_access_lines(1)[0]
    equal((line["status"], line["outcome"]), (101, "ok"))


def test_a_tunnel_outlives_the_limits_of_a_body(world):
    engine = world.engine()
    proxy = world.proxy_of(
        server={"body_idle_timeout": "20ms", "head_timeout": "20ms"},
        pools=[config.pool("default", [engine.url])],
        routes=[{"pool": "default", "paths": ["/**"], "methods": ["*"],
                 "upgrades": ["websocket"], "max_body": "10B"}])
    client = proxy.connect()
    ask(client)
    request = engine.next_request()
    request.send(SWITCHING)
    client.read_head()

    client.expect_silence(0.2)
    client.send(b"more than ten bytes")
    request.expect(b"more than ten bytes")


@each([("both open", lambda client: None), ("the client has said all", lambda client: client.half_close())])
def test_a_silent_tunnel_ends_at_the_idle_timeout(world, begin):
    _, client, request = open_tunnel(world, idle_timeout="50ms")

    begin(client)

    client.expect_end()
    request.expect_end()


def test_an_engine_that_refuses_is_heard_and_the_connection_lives_on(world):
    engine = world.engine()
    client = with_tunnels(world, engine).connect()

    ask(client)
    engine.next_request().respond(403, body=b"no")
    response = client.read_response()
    equal((response.status, response.body), (403, b"no"))

    client.send(wire.post_chat())
    engine.next_request().respond(body=b"chat")
    equal(client.read_response().body, b"chat")


@each([
    ("no route allows it", dict(upgrades=[]), HANDSHAKE),
    ("the route allows another", dict(upgrades=["soap"]), HANDSHAKE),
    ("h2c", {}, [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
                 ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")]),
    ("a list", {}, [("Connection", "Upgrade"), ("Upgrade", "websocket, h2c")]),
    ("two fields", {}, [("Connection", "Upgrade"), ("Upgrade", "websocket"),
                        ("Upgrade", "websocket")]),
    ("not named in Connection", {}, [("Upgrade", "websocket")]),
])
def test_an_upgrade_that_nobody_allows_is_taken_out(world, more, fields):
    engine = world.engine()
    client = with_tunnels(world, engine, **more).connect()

    ask(client, fields)
    request = engine.next_request()
    equal(request.all("Upgrade"), [])
    equal([value for value in request.all("Connection") if "pgrade" in value], [])
    request.respond(body=b"plain")

    equal(client.read_response().body, b"plain")


def test_a_101_that_nobody_asked_for_is_a_bad_response(world):
    engine = world.engine()
    client = world.proxy(engine).connect()

    client.send(wire.post_chat())
    engine.next_request().send(SWITCHING)

    equal(client.read_response().error_code(), "upstream_bad_response")


def test_an_unreachable_engine_is_replaced_before_the_handshake(world):
    dead, engine = world.engine(), world.engine()
    dead.refuse()
    proxy = world.proxy_of(pools=[config.pool("default", [dead.url, engine.url],
                                              balance={"policy": "round_robin"})],
                           routes=[{"pool": "default", "paths": ["/**"], "methods": ["*"],
                                    "upgrades": ["websocket"]}])
    for _ in range(2):
        client = proxy.connect()
        ask(client)
        request = engine.next_request()
        request.send(SWITCHING)
        equal(client.read_head().first[1], "101")
