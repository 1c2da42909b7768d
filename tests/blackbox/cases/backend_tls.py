"""TLS to backends: who is believed, what becomes of the others, and that it is never plain text."""

import random
import ssl
import threading

from harness import config, timing, wire
from harness.authority import Authority
from harness.cases import each, equal, holds
from harness.config import Sub
from harness.wire import LAST_CHUNK, STREAM_HEAD, chunk, event

HERE = "IP:127.0.0.1"
WRONG = "tls_verification_failed"


def showing(issued, client_ca=None, protocols=()):
    """What an engine needs to show this certificate. `client_ca`: who signs those it asks for;
    `protocols`: that it chooses from by ALPN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued["cert"], issued["key"])
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def trusting(authority, **more):
    """The options of a pool that believes this authority."""
    return {"tls": Sub({"ca_file": str(authority.certificate), **more})}


def engine_of(world, authority, names=HERE, **more):
    engine = world.engine(tls=showing(authority.issue("engine", names=names), **more))
    engine.answer_all(b"served")
    return engine


def expect_refused(world, engine, options, code=WRONG, **tables):
    proxy = world.proxy(engine, pool=options, **tables)

    response = proxy.chat()

    equal((response.status, response.error_code()), (502, code))
    equal(proxy.wait_for_access_lines(1)[0]["error"], code, "error of the access line")
    equal(proxy.metric("penstock_errors_total", code=code), 1, "errors counted")
    engine.expect_no_request()
    return proxy


def test_a_backend_is_believed_by_its_authority_and_address(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority)
    proxy = world.proxy(engine, pool=trusting(authority))

    equal(proxy.chat().body, b"served")


@each([("another address", "IP:127.0.0.2", {}),
       ("a pinned name that it does not bear", HERE, {"names": ["spiffe://cluster/*"]}),
       ("a name that it does not bear", HERE, {"server_name": "engine.test"})])
def test_a_certificate_for_somebody_else_is_refused(world, names, more):
    authority = Authority(world.room)

    expect_refused(world, engine_of(world, authority, names), trusting(authority, **more))


def test_a_certificate_of_another_authority_is_refused(world):
    engine = engine_of(world, Authority(world.room, "other"))

    expect_refused(world, engine, trusting(Authority(world.room)))


def test_a_certificate_that_the_systems_store_does_not_know_is_refused(world):
    expect_refused(world, engine_of(world, Authority(world.room)), {})


def test_a_certificate_that_the_systems_store_knows_is_believed(world):
    authority = Authority(world.room)
    proxy = world.proxy(engine_of(world, authority),
                        environment={"SSL_CERT_FILE": str(authority.certificate)})

    equal(proxy.chat().body, b"served")


def test_a_certificate_that_has_expired_is_refused(world):
    authority = Authority(world.room)
    engine = world.engine(tls=showing(authority.issue("old", names=HERE, days=-1)))

    expect_refused(world, engine, trusting(authority))


def test_an_engine_that_speaks_plain_text_gets_no_request(world):
    engine = world.engine()
    engine.answer_all(b"in clear")
    proxy = world.proxy(engine.url.replace("http:", "https:"),
                        server={"connect_timeout": "500ms"})

    response = proxy.chat()

    equal((response.status, response.error_code()), (502, "tls_handshake_failed"))
    engine.expect_no_request()


def test_a_backend_without_tls_is_said_to_have_none(world):
    engine, = world.mock_engines(1)  # answers in clear to what it does not understand
    proxy = world.proxy(engine.url.replace("http:", "https:"), poll=POLL)

    proxy.wait_until_unhealthy(1)

    holds("does not speak TLS" in proxy.backends()[0]["last_error"],
          proxy.backends()[0]["last_error"])


def test_insecure_believes_anybody(world):
    engine = engine_of(world, Authority(world.room), "DNS:somebody.else")
    proxy = world.proxy(engine, pool={"tls": Sub({"insecure": True})})

    equal(proxy.chat().body, b"served")
    proxy.wait_for_log("is believed")


def test_a_pinned_name_counts_instead_of_the_host(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, "URI:spiffe://cluster/ns/llm/engine")
    proxy = world.proxy(engine, pool=trusting(authority, names=["spiffe://cluster/ns/llm/*"]))

    equal(proxy.chat().body, b"served")


def test_the_server_name_is_asked_for_and_verified(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, "DNS:engine.test")
    asked = []
    engine.tls.sni_callback = lambda connection, name, context: asked.append(name)
    proxy = world.proxy(engine, pool=trusting(authority, server_name="engine.test"))

    equal(proxy.chat().body, b"served")
    equal(asked, ["engine.test"])


def test_what_was_discovered_is_verified_by_the_name_of_the_url(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, "DNS:localhost")
    proxy = world.proxy(pool={"discover": f"https://localhost:{engine.port}", **trusting(authority)})

    timing.eventually(lambda: proxy.chat().body == b"served", "the discovered backend")


def test_a_backend_may_ask_for_a_certificate(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, client_ca=authority.certificate)
    seen = []
    engine.on_request = lambda request: (seen.append(request.connection.socket.getpeercert()),
                                         request.respond(body=b"served"))
    own = authority.issue("proxy", names="DNS:proxy.test")
    proxy = world.proxy(engine, pool=trusting(authority, cert_file=own["cert"], key_file=own["key"]))

    equal(proxy.chat().body, b"served")
    equal(seen[0]["subjectAltName"], (("DNS", "proxy.test"),))


def test_without_the_certificate_that_a_backend_asks_for_no_request_is_served(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, client_ca=authority.certificate)
    proxy = world.proxy(engine, pool=trusting(authority), poll={"health_interval": "100ms"})

    timing.eventually(lambda: "certificate required" in (proxy.backends()[0]["last_error"] or ""),
                      "what the backend says in /backends")
    response = proxy.chat()

    holds(response.status in (502, 503), f"status {response.status}")
    engine.expect_no_request()


@each([("over HTTP/1.1", ["http/1.1"], {}), ("over HTTP/2", ["h2"], {}),
       ("over HTTP/2 alone", ["h2"], {"protocol": "h2"})])
def test_a_request_without_the_certificate_that_a_backend_asks_for_says_so(world, protocols, more):
    """With TLS 1.3 the backend says it after the handshake, when the request has gone."""
    authority = Authority(world.room)
    engine = engine_of(world, authority, client_ca=authority.certificate, protocols=protocols)

    expect_refused(world, engine, {**trusting(authority), **more}, "tls_handshake_failed")


def test_the_second_connection_resumes_the_first_ones_session(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority)
    resumed = []

    def answer(request):
        resumed.append(request.connection.socket.session_reused)
        request.respond(fields=[("Connection", "close")], body=b"served")
    engine.on_request = answer
    proxy = world.proxy(engine, pool=trusting(authority))

    for _ in range(3):
        equal(proxy.chat().body, b"served")

    equal(resumed, [False, True, True])


def test_a_stream_passes_byte_for_byte(world):
    authority = Authority(world.room)
    engine = world.engine(tls=showing(authority.issue("engine", names=HERE)))
    client = world.proxy(engine, pool=trusting(authority)).connect()
    sizes = random.Random(7).choices([1, 15, 255, 4095, 16_384, 16_385, 60_000], k=60)
    body = b"".join(chunk(bytes([65 + index % 26]) * size) for index, size in enumerate(sizes))
    client.send(wire.post_chat("x" * 300_000, stream=True))

    request = engine.next_request()
    equal(request.body, wire.chat("x" * 300_000, stream=True))
    request.send(STREAM_HEAD)
    client.read_head()
    for number in range(10):
        request.send_chunk(event(f"token {number}"))
        client.expect(chunk(event(f"token {number}")))
    engine.in_background(lambda: (request.send(body), request.end_stream()))

    client.expect(body + LAST_CHUNK)


def test_a_stream_that_is_cut_off_is_no_whole_one(world):
    """A body without a length ends with the connection: anybody could end that, without close_notify."""
    authority = Authority(world.room)
    engine = world.engine(tls=showing(authority.issue("engine", names=HERE)))
    proxy = world.proxy(engine, pool=trusting(authority))
    client = proxy.connect()
    client.send(wire.post_chat())
    request = engine.next_request()

    request.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf")
    client.read_head()
    equal(client.read_chunk(), b"half")
    request.close()
    rest, _ = client.read_to_end()

    holds(LAST_CHUNK not in rest, f"it came as if complete: {rest}")
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "broken")


def test_a_client_that_goes_cancels_the_request(world):
    authority = Authority(world.room)
    engine = world.engine(tls=showing(authority.issue("engine", names=HERE)))
    proxy = world.proxy(engine, pool=trusting(authority))
    client = proxy.connect()
    client.send(wire.post_chat(stream=True))
    request = engine.next_request()
    request.start_stream()
    client.read_head()

    client.close()

    request.expect_end()
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")


def test_requests_share_the_connection_of_a_backend_that_chooses_http_2(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, protocols=["h2", "http/1.1"])
    proxy = world.proxy(engine, pool=trusting(authority), server={"upstream_idle_timeout": "1h"})

    for _ in range(3):
        equal(proxy.chat().body, b"served")

    equal(engine.connections, 1)
    equal({each.socket.selected_alpn_protocol() for each in engine.live}, {"h2"})


@each([("HTTP/2", "h2", "trailers"), ("HTTP/1.1", "http/1.1", None)])
def test_te_passes_to_a_backend_that_chooses(world, chosen, passed):
    authority = Authority(world.room)
    engine = engine_of(world, authority, protocols=[chosen])
    seen = []
    engine.on_request = lambda request: (seen.append(request.field("te")), request.respond())
    proxy = world.proxy(engine, pool=trusting(authority))

    equal(proxy.chat(fields=[("TE", "trailers")]).status, 200)
    equal(seen, [passed])


def test_a_tunnel_is_of_http_1_where_the_backend_would_choose_http_2(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, protocols=["h2", "http/1.1"])
    spoken = []
    engine.on_request = lambda request: (spoken.append(request.version), request.respond())
    proxy = world.proxy(engine, pool=trusting(authority), routes=[
        {"pool": "default", "paths": ["/**"], "methods": ["*"], "upgrades": ["websocket"]}])
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")]

    equal(proxy.chat().status, 200)
    equal(proxy.get("/v1/realtime", upgrade).status, 200)
    equal(proxy.chat().status, 200)

    equal(spoken, ["HTTP/2", "HTTP/1.1", "HTTP/2"])


def test_a_backend_may_choose_another_protocol_than_before(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, protocols=["h2"])
    proxy = world.proxy(engine, pool=trusting(authority))
    equal(proxy.chat().body, b"served")

    engine.refuse()
    engine.tls = showing(authority.issue("engine", names=HERE), protocols=["http/1.1"])
    engine.resume()

    timing.eventually(lambda: proxy.chat().body == b"served", "an answer over HTTP/1.1")


def test_a_backend_that_must_speak_http_2_and_does_not_gets_no_request(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, protocols=["http/1.1"])

    expect_refused(world, engine, {**trusting(authority), "protocol": "h2"}, "tls_handshake_failed")


def test_http_1_may_be_insisted_on(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority, protocols=["h2", "http/1.1"])
    seen = []
    engine.on_request = lambda request: (
        seen.append(request.connection.socket.selected_alpn_protocol()), request.respond())
    proxy = world.proxy(engine, pool={**trusting(authority), "protocol": "http/1.1"})

    equal(proxy.chat().status, 200)
    equal(seen, ["http/1.1"])


@each([("that is not believed", "IP:127.0.0.2"), ("that is", HERE)])
def test_another_backend_serves_in_the_place_of_one(world, names):
    """Also one in plain text: the operator has put it there."""
    authority = Authority(world.room)
    encrypted = engine_of(world, authority, names)
    plain = world.engine()
    plain.answer_all(b"in clear")
    proxy = world.proxy(encrypted, plain, pool=trusting(authority),
                        balance={"policy": "round_robin"})

    bodies = {proxy.chat(f"{number}").body for number in range(6)}

    equal(bodies, {b"in clear"} if names != HERE else {b"in clear", b"served"})
    if names != HERE:
        holds(any(line["attempts"] == 2 for line in proxy.wait_for_access_lines(6)),
              "no access line tells of a second attempt")


POLL = {"health_interval": "100ms", "metrics_interval": "100ms", "models_interval": "100ms"}


def test_polls_go_by_the_same_tls(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority)
    proxy = world.proxy(engine, pool={**trusting(authority), "models": []}, poll=POLL)

    proxy.wait_until_healthy(1)
    timing.eventually(lambda: proxy.chat().body == b"served", "the model that the backend lists")
    equal(proxy.backends()[0]["last_error"], None)


@each([("another address", "IP:127.0.0.2", "is for 127.0.0.2, not for the name asked for"),
       ("another authority", None, "signed by nobody who is trusted here")])
def test_backends_say_why_a_poll_does_not_believe(world, names, why):
    authority = Authority(world.room)
    engine = engine_of(world, authority if names else Authority(world.room, "other"), names or HERE)
    proxy = world.proxy(engine, pool=trusting(authority), poll=POLL)

    proxy.wait_until_unhealthy(1)

    holds(why in proxy.backends()[0]["last_error"], proxy.backends()[0]["last_error"])
    equal(engine.live, set(), "connections that were spoken on")


def test_a_changed_authority_is_read_without_a_signal(world):
    old, new = Authority(world.room, "old"), Authority(world.room, "new")
    engine = engine_of(world, new)
    trusted = world.room / "mounted" / "ca.crt"
    trusted.parent.mkdir()
    trusted.write_bytes(old.certificate.read_bytes())
    proxy = world.proxy(engine, pool={"tls": Sub({"ca_file": str(trusted)})})
    equal(proxy.chat().error_code(), WRONG)

    fresh = trusted.with_suffix(".new")
    fresh.write_bytes(new.certificate.read_bytes())
    fresh.replace(trusted)

    timing.eventually(lambda: proxy.chat().body == b"served", "the new authority")


def test_a_connection_of_an_old_trust_takes_no_new_request(world):
    authority, other = Authority(world.room), Authority(world.room, "other")
    engine = engine_of(world, authority)
    proxy = world.proxy(engine, pool=trusting(authority), server={"upstream_idle_timeout": "1h"})
    equal(proxy.chat().body, b"served")
    before = proxy.reloads()

    proxy.write_config(pools=[config.pool("default", [engine.url], **trusting(other))],
                       server={"upstream_idle_timeout": "1h"})
    proxy.reload()
    timing.eventually(lambda: proxy.reloads() > before, "the reload")

    timing.eventually(lambda: proxy.chat().status == 502, "the connection to be given up")
    equal(proxy.chat().error_code(), WRONG)


def test_a_reload_that_changes_nothing_keeps_connections(world):
    authority = Authority(world.room)
    engine = engine_of(world, authority)
    proxy = world.proxy(engine, pool=trusting(authority), server={"upstream_idle_timeout": "1h"})
    equal(proxy.chat().body, b"served")
    before = proxy.reloads()

    proxy.reload()
    timing.eventually(lambda: proxy.reloads() > before, "the reload")

    equal(proxy.chat().body, b"served")
    equal(engine.connections, 1)


def test_a_backend_that_never_answers_the_handshake_is_given_up(world):
    silent = world.engine()
    held = threading.Event()
    silent._serve = lambda *_: held.wait(timing.limit())
    proxy = world.proxy(silent.url.replace("http:", "https:"), server={"connect_timeout": "300ms"})

    response = proxy.chat()
    held.set()

    equal((response.status, response.error_code()), (502, "tls_handshake_failed"))
