"""Which headers pass, which end here, and which are ours."""

import re

from harness import wire
from harness.cases import each, equal, holds
from harness.pairs import ALL, only
from harness.wire import LAST_CHUNK, chunk

PAIRS = ALL

OURS_REQUEST = {"host", "content-length", "via", "x-forwarded-for", "x-forwarded-proto",
                "x-forwarded-host", "forwarded", "x-request-id", "x-real-ip", "connection"}
OURS_RESPONSE = {"content-length", "transfer-encoding", "x-request-id", "via", "connection", "date"}


def through(world, fields=(), body=None, **proxy_options):
    """What the engine sees of a request with these fields."""
    engine = world.engine()
    exchange = world.proxy(engine, **proxy_options).start(fields=fields, body=body or wire.chat())
    return exchange, engine.next_request()


def test_request_fields_pass_unchanged_and_in_order(world):
    fields = [("Content-Type", "application/json"), ("authorization", "Bearer sk-123"),
              ("X-B", "2"), ("X-A", "1"), ("x-a", "again"), ("X-Empty", ""),
              ("X-Text", "caf\xe9 \"quoted\", and, commas"), ("User-Agent", "case/1.0"),
              ("Cookie", "a=b; c=d")]  # last: there HTTP/2's crumbs are put together

    _, request = through(world, fields)

    passed = [field for field in request.fields if field[0].lower() not in OURS_REQUEST]
    equal(passed, world.pair.passed(fields), "fields at the engine")


def test_response_fields_pass_unchanged_and_in_order(world):
    exchange, request = through(world)
    fields = [("Content-Type", "application/json"), ("Server", "uvicorn"), ("X-B", "2"),
              ("X-A", "1"), ("set-cookie", "a=1"), ("Set-Cookie", "b=2"),
              ("openai-processing-ms", "12")]

    request.respond(200, fields)
    response = exchange.read_response()

    passed = [field for field in response.fields if field[0].lower() not in OURS_RESPONSE]
    equal(passed, world.pair.passed(fields), "fields at the client")


@only("HTTP/2 has no such fields: h2_messages.py", client="h1")
def test_hop_by_hop_fields_of_a_request_end_here(world):
    _, request = through(world, [
        ("Connection", "keep-alive, X-Secret-Hop, Authorization, Content-Type"), ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"), ("TE", "trailers"), ("Upgrade", "h2c, websocket"),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"), ("Proxy-Authorization", "Basic eA=="),
        ("X-Secret-Hop", "1"), ("Authorization", "Bearer stays"), ("X-Stays", "yes"),
        ("Content-Type", "application/json")])

    names = {name.lower() for name, _ in request.fields}

    gone = {"keep-alive", "proxy-connection", "te", "upgrade", "http2-settings",
            "proxy-authorization", "x-secret-hop"}
    if world.pair.engine == "h2":
        gone.remove("te")  # says that trailers may pass
    equal(names & gone, set(), "fields that must not pass")
    equal(request.field("Authorization"), "Bearer stays")
    equal(request.field("Content-Type"), "application/json")
    equal(request.field("X-Stays"), "yes")


@only("HTTP/2 has no such fields", engine="h1")
def test_hop_by_hop_fields_of_a_response_end_here(world):
    exchange, request = through(world)

    request.respond(200, [("Connection", "X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
                          ("Proxy-Authenticate", "Basic"), ("Upgrade", "h2c"), ("X-Stays", "yes")])
    response = exchange.read_response()

    names = {name.lower() for name, _ in response.fields}
    equal(names & {"x-hop", "keep-alive", "proxy-authenticate", "upgrade"}, set(), "fields")
    equal(response.field("X-Stays"), "yes")


def test_a_clients_request_id_is_echoed_and_made_unique_for_the_engine(world):
    exchange, request = through(world, [("X-Request-Id", "my.id_1-2")])
    request.respond()

    equal(exchange.read_response().all("X-Request-Id"), ["my.id_1-2"], "id at the client")
    ids = request.all("X-Request-Id")
    holds(len(ids) == 1 and re.fullmatch(r"my\.id_1-2-\d+-[0-9a-f]{16}", ids[0]),
          f"id at the engine: {ids}")


@each([("none", None), ("spaces", "a b"), ("too long", "x" * 129), ("other letters", "a/b\xe9")])
def test_an_unfit_request_id_is_replaced(world, given):
    exchange, request = through(world, [("X-Request-Id", given)] if given else [])
    request.respond()

    made = exchange.read_response().field("X-Request-Id")

    holds(re.fullmatch(r"[A-Za-z0-9._-]{8,128}", made or ""), f"made: {made}")
    holds(made != given, "the unfit id was kept")
    holds(request.field("X-Request-Id").startswith(made + "-"), "the engine's id is another")


def test_a_request_id_of_128_letters_is_kept(world):
    exchange, request = through(world, [("X-Request-Id", "x" * 128)])
    request.respond()

    equal(exchange.read_response().field("X-Request-Id"), "x" * 128)


def test_forwarding_fields_of_an_untrusted_client_are_replaced(world):
    _, request = through(world, [
        ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.test"), ("Forwarded", "for=6.6.6.6"), ("X-Real-IP", "6.6.6.6")])

    equal(request.all("X-Forwarded-For"), ["127.0.0.1"])
    equal(request.all("X-Forwarded-Proto"), ["https" if world.pair.client_tls else "http"])
    holds("6.6.6.6" not in str(request.fields), "a spoofed address passed")
    holds("evil.test" not in str(request.fields), "a spoofed host passed")


def test_forwarding_fields_of_a_trusted_proxy_are_appended_to(world):
    _, request = through(world, [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")],
                         server={"trusted_proxies": ["127.0.0.0/8"]})

    joined = ", ".join(request.all("X-Forwarded-For"))
    equal(joined, "203.0.113.9, 127.0.0.1")
    equal(request.all("X-Forwarded-Proto"), ["https"])


def test_a_trusted_proxys_client_is_in_the_access_line(world):
    engine = world.engine()
    engine.answer_all()
    proxy = world.proxy(engine, server={"trusted_proxies": ["127.0.0.0/8"]})

    proxy.chat(fields=[("X-Forwarded-For", "6.6.6.6, 203.0.113.9")])

    equal(proxy.wait_for_access_lines(1)[0]["client"], "203.0.113.9")


@only("HTTP/2 has no Connection", client="h1")
def test_a_connection_field_cannot_remove_ours(world):
    _, request = through(world, [("Connection", "X-Forwarded-For, Via, X-Request-Id, Host")])

    holds(request.field("X-Forwarded-For"), "X-Forwarded-For was removed")
    holds(request.field("X-Request-Id"), "X-Request-Id was removed")
    holds(request.host, "Host was removed")


def test_via_is_added_for_the_engine(world):
    _, request = through(world, [("Via", "1.1 front")])

    received = {"h1": r"1\.1", "h2": r"2(\.0)?"}[world.pair.client]
    holds(re.fullmatch(rf"1\.1 front, {received} \S+", ", ".join(request.all("Via"))),
          f"Via at the engine: {request.all('Via')}")


@only("h2_exchanges.py has it for HTTP/2", client="h1")
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
    proxy = world.proxy(world.engine(), server={"max_body": "1KiB"})

    exchange = proxy.start(fields=[("Expect", "100-continue")], body=b"", length=2000)

    equal(exchange.read_head().status, 413)


def test_head_gets_the_fields_and_no_body(world):
    engine = world.engine()
    proxy = world.proxy(engine, routes=[{"paths": ["/**"], "methods": ["*"], "pool": "default"}])
    client = proxy.client()
    engine.on_request = lambda request: request.respond_without_body(200, [("Content-Length", 500)])
    response = client.ask("HEAD", "/page")
    engine.answer_all(b"next")

    equal((response.field("Content-Length"), response.body), ("500", b""))
    equal(client.ask("GET", "/next").body, b"next", "the next request on the same connection")


@each([("204", 204), ("304", 304)])
def test_a_status_without_body_has_none(world, status):
    engine = world.engine()
    client = world.proxy(engine).client()
    engine.on_request = lambda request: request.respond_without_body(status, [("X-Mark", "1")])
    response = client.chat()
    engine.answer_all(b"next")

    equal((response.status, response.field("X-Mark"), response.body), (status, "1", b""))
    equal(client.chat().body, b"next", "the next request on the same connection")


def test_interim_responses_of_an_engine_are_not_taken_for_the_answer(world):
    exchange, request = through(world)

    request.send_interim(100)
    request.send_interim(103, [("Link", "</x>")])
    request.respond(body=b"final")

    equal(exchange.read_response().body, b"final")


@only("chunks", client="h1", engine="h1")
def test_chunk_extensions_of_an_engine_end_here(world):
    engine = world.engine()
    client = world.proxy(engine).connect()
    client.send(wire.post_chat())
    request = engine.next_request()

    request.send(wire.STREAM_HEAD + b"5;secret=1\r\nhello\r\n0\r\n\r\n")
    request.done()

    client.read_head()
    client.expect(chunk(b"hello") + LAST_CHUNK)
