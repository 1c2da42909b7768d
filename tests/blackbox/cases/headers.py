"""Which headers pass, which end here, and which are ours."""

import re

from harness import wire
from harness.cases import each, equal, holds
from harness.wire import LAST_CHUNK, chunk

OURS_REQUEST = {"host", "content-length", "via", "x-forwarded-for", "x-forwarded-proto",
                "x-forwarded-host", "forwarded", "x-request-id", "x-real-ip", "connection"}
OURS_RESPONSE = {"content-length", "transfer-encoding", "x-request-id", "via", "connection", "date"}


def through(world, fields=(), body=None, **proxy_options):
    """What the engine sees of a request with these fields."""
    engine = world.engine()
    client = world.proxy(engine, **proxy_options).connect()
    client.send(wire.request(fields=fields, body=body or wire.chat()))
    return client, engine.next_request()


def test_request_fields_pass_unchanged_and_in_order(world):
    fields = [("Content-Type", "application/json"), ("authorization", "Bearer sk-123"),
              ("X-B", "2"), ("X-A", "1"), ("x-a", "again"), ("X-Empty", ""), ("Cookie", "a=b; c=d"),
              ("X-Text", "caf\xe9 \"quoted\", and, commas"), ("User-Agent", "case/1.0")]

    _, request = through(world, fields)

    passed = [field for field in request.head.fields if field[0].lower() not in OURS_REQUEST]
    equal(passed, fields, "fields at the engine")


def test_response_fields_pass_unchanged_and_in_order(world):
    client, request = through(world)
    fields = [("Content-Type", "application/json"), ("Server", "uvicorn"), ("X-B", "2"),
              ("X-A", "1"), ("set-cookie", "a=1"), ("Set-Cookie", "b=2"),
              ("openai-processing-ms", "12")]

    request.respond(200, fields)
    head = client.read_response().head

    passed = [field for field in head.fields if field[0].lower() not in OURS_RESPONSE]
    equal(passed, fields, "fields at the client")


def test_hop_by_hop_fields_of_a_request_end_here(world):
    _, request = through(world, [
        ("Connection", "keep-alive, X-Secret-Hop, Authorization, Content-Type"), ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"), ("TE", "trailers"), ("Upgrade", "h2c, websocket"),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"), ("Proxy-Authorization", "Basic eA=="),
        ("X-Secret-Hop", "1"), ("Authorization", "Bearer stays"), ("X-Stays", "yes"),
        ("Content-Type", "application/json")])

    names = {name.lower() for name, _ in request.head.fields}

    gone = {"keep-alive", "proxy-connection", "te", "upgrade", "http2-settings",
            "proxy-authorization", "x-secret-hop"}
    equal(names & gone, set(), "fields that must not pass")
    equal(request.field("Authorization"), "Bearer stays")
    equal(request.field("Content-Type"), "application/json")
    equal(request.field("X-Stays"), "yes")


def test_hop_by_hop_fields_of_a_response_end_here(world):
    client, request = through(world)

    request.respond(200, [("Connection", "X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
                          ("Proxy-Authenticate", "Basic"), ("Upgrade", "h2c"), ("X-Stays", "yes")])
    head = client.read_response().head

    names = {name.lower() for name, _ in head.fields}
    equal(names & {"x-hop", "keep-alive", "proxy-authenticate", "upgrade"}, set(), "fields")
    equal(head.field("X-Stays"), "yes")


def test_a_clients_request_id_is_echoed_and_made_unique_for_the_engine(world):
    client, request = through(world, [("X-Request-Id", "my.id_1-2")])
    request.respond()

    equal(client.read_response().head.all("X-Request-Id"), ["my.id_1-2"], "id at the client")
    ids = request.head.all("X-Request-Id")
    holds(len(ids) == 1 and re.fullmatch(r"my\.id_1-2-\d+-[0-9a-f]{16}", ids[0]),
          f"id at the engine: {ids}")


@each([("none", None), ("spaces", "a b"), ("too long", "x" * 129), ("other letters", "a/b\xe9")])
def test_an_unfit_request_id_is_replaced(world, given):
    client, request = through(world, [("X-Request-Id", given)] if given else [])
    request.respond()

    made = client.read_response().field("X-Request-Id")

    holds(re.fullmatch(r"[A-Za-z0-9._-]{8,128}", made or ""), f"made: {made}")
    holds(made != given, "the unfit id was kept")
    holds(request.field("X-Request-Id").startswith(made + "-"), "the engine's id is another")


def test_a_request_id_of_128_letters_is_kept(world):
    client, request = through(world, [("X-Request-Id", "x" * 128)])
    request.respond()

    equal(client.read_response().field("X-Request-Id"), "x" * 128)


def test_forwarding_fields_of_an_untrusted_client_are_replaced(world):
    _, request = through(world, [
        ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.test"), ("Forwarded", "for=6.6.6.6"), ("X-Real-IP", "6.6.6.6")])

    equal(request.head.all("X-Forwarded-For"), ["127.0.0.1"])
    equal(request.head.all("X-Forwarded-Proto"), ["http"])
    holds(b"6.6.6.6" not in request.head.raw, "a spoofed address passed")
    holds(b"evil.test" not in request.head.raw, "a spoofed host passed")


def test_forwarding_fields_of_a_trusted_proxy_are_appended_to(world):
    _, request = through(world, [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")],
                         server={"trusted_proxies": ["127.0.0.0/8"]})

    joined = ", ".join(request.head.all("X-Forwarded-For"))
    equal(joined, "203.0.113.9, 127.0.0.1")
    equal(request.head.all("X-Forwarded-Proto"), ["https"])


def test_a_trusted_proxys_client_is_in_the_access_line(world):
    engine = world.engine()
    engine.answer_all()
    proxy = world.proxy(engine, server={"trusted_proxies": ["127.0.0.0/8"]})

    proxy.chat(fields=[("X-Forwarded-For", "6.6.6.6, 203.0.113.9")])

    equal(proxy.wait_for_access_lines(1)[0]["client"], "203.0.113.9")


def test_a_connection_field_cannot_remove_ours(world):
    _, request = through(world, [("Connection", "X-Forwarded-For, Via, X-Request-Id, Host")])

    holds(request.field("X-Forwarded-For"), "X-Forwarded-For was removed")
    holds(request.field("X-Request-Id"), "X-Request-Id was removed")
    holds(request.field("Host"), "Host was removed")


def test_via_is_added_for_the_engine(world):
    _, request = through(world, [("Via", "1.1 front")])

    holds(re.fullmatch(r"1\.1 front, 1\.1 \S+", ", ".join(request.head.all("Via"))),
          f"Via at the engine: {request.head.all('Via')}")


def test_expect_continue_is_answered_here(world):
    engine = world.engine()
    client = world.proxy(engine).connect()
    body = wire.chat()
    client.send(wire.request(fields=[("Expect", "100-continue"),
                                     ("Content-Length", str(len(body)))]))

    equal(client.read_response().status, 100)
    client.send(body)
    request = engine.next_request()
    request.respond(body=b"answer")

    equal(request.field("Expect"), None, "Expect at the engine")
    equal(client.read_response().body, b"answer")


def test_an_expectation_that_is_refused_gets_no_continue(world):
    engine = world.engine()
    client = world.proxy(engine, server={"max_body": "1KiB"}).connect()

    client.send(wire.request(fields=[("Expect", "100-continue"), ("Content-Length", "2000")]))

    equal(client.read_response().status, 413)


def test_head_gets_the_fields_and_no_body(world):
    engine = world.engine()
    proxy = world.proxy(engine, routes=[{"paths": ["/**"], "methods": ["*"], "pool": "default"}])
    client = proxy.connect()
    client.send(wire.request("HEAD", "/page"))

    request = engine.next_request()
    request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    request.done()
    response = client.read_response("HEAD")
    client.send(wire.request("GET", "/next"))
    engine.next_request().respond(body=b"next")

    equal(response.field("Content-Length"), "500")
    equal(client.read_response().body, b"next")


@each([("204", 204), ("304", 304)])
def test_a_status_without_body_has_none(world, status):
    client, request = through(world)

    request.send(b"HTTP/1.1 %d Nothing\r\nX-Mark: 1\r\n\r\n" % status)
    request.done()
    response = client.read_response()
    client.send(wire.post_chat())
    request.connection.engine.next_request().respond(body=b"next")

    equal((response.status, response.field("X-Mark")), (status, "1"))
    equal(client.read_response().body, b"next")


def test_interim_responses_of_an_engine_are_not_taken_for_the_answer(world):
    client, request = through(world)

    request.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    request.respond(body=b"final")

    equal(client.read_response().body, b"final")


def test_chunk_extensions_of_an_engine_end_here(world):
    client, request = through(world)

    request.send(wire.STREAM_HEAD + b"5;secret=1\r\nhello\r\n0\r\n\r\n")
    request.done()

    client.read_head()
    client.expect(chunk(b"hello") + LAST_CHUNK)
