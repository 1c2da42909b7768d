"""TLS to clients: what is spoken, who is let in, and how a connection ends.

That exchanges are the same as in plain text is shown by protocol_pairs.py.
"""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

from harness import config, timing, wire
from harness.authority import Authority
from harness.cases import each, equal, holds
from harness.client import NAME, Client, connected
from harness.config import Sub
from harness.h2_client import H2Client
from harness.secured import Secured, refused
from harness.wire import DONE, LAST_CHUNK, STREAM_HEAD, chunk, event

VERSIONS = [("TLS 1.2", ssl.TLSVersion.TLSv1_2), ("TLS 1.3", ssl.TLSVersion.TLSv1_3)]
GOOD_SUITES = {f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA") for cipher in
               ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")}
HANDSHAKES = "penstock_tls_handshakes_total"


def with_clients(world, mode="required", **more):
    """A proxy that asks for client certificates, which its own authority signs."""
    authority_file = str(world.room / "authority.crt")
    return Secured(world, tls={"client_certificate": mode, "client_ca": authority_file,
                               **more.pop("tls", {})}, **more)


@each(VERSIONS)
def test_a_request_is_answered(world, version):
    secured = Secured(world)
    secured.engine.answer_all(b"served")

    client = secured.connect(version=version)
    equal(client.chat().body, b"served")
    equal(client.chat().body, b"served", "the second on the same connection")

    equal(client.socket.version(), "TLSv1.2" if version == ssl.TLSVersion.TLSv1_2 else "TLSv1.3")
    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="completed")


def test_the_engine_is_told_that_the_client_came_by_tls(world):
    secured = Secured(world)
    client = secured.connect()

    client.send(wire.post_chat(fields=[("X-Forwarded-Proto", "http")]))
    request = secured.engine.next_request()

    equal(request.all("X-Forwarded-Proto"), ["https"])


def test_older_versions_are_refused(world):
    secured = Secured(world)
    for version in ("-tls1", "-tls1_1"):
        tried = subprocess.run(["openssl", "s_client", "-connect", "%s:%d" % secured.address,
                                version, "-cipher", "ALL:@SECLEVEL=0"], input="",
                               capture_output=True, text=True, timeout=60)
        holds("Cipher is (NONE)" in tried.stdout, f"{version} is spoken:\n{tried.stdout}")

    secured.proxy.wait_for_metric(HANDSHAKES, 2, outcome="no_common_version")


def test_no_version_below_the_lowest_that_is_allowed(world):
    secured = Secured(world, tls={"min_version": "1.3"})

    holds(refused(lambda: secured.connect(version=ssl.TLSVersion.TLSv1_2)), "TLS 1.2 is spoken")
    equal(secured.connect(version=ssl.TLSVersion.TLSv1_3).socket.version(), "TLSv1.3")


def test_only_strong_suites_are_accepted(world):
    authority = Authority(world.room)
    secured = Secured(world, [authority.issue("ec"), authority.issue("rsa", rsa=True)], authority)
    every = subprocess.run(["openssl", "ciphers", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
                           capture_output=True, text=True, check=True, timeout=60).stdout
    accepted = set()
    for suite in every.strip().split(":"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.set_ciphers(f"{suite}:@SECLEVEL=0")
        except ssl.SSLError:
            continue  # a suite of TLS 1.3, or one that this OpenSSL cannot speak
        try:
            accepted.add(secured.handshake(context).cipher()[0])
        except (ssl.SSLError, ConnectionError):
            pass

    equal(accepted - GOOD_SUITES - {None}, set(), "weak suites that are accepted")
    holds(accepted & GOOD_SUITES, "no strong suite is accepted")


def test_the_host_that_is_asked_for_picks_the_certificate(world):
    authority = Authority(world.room)
    secured = Secured(world, [authority.issue("first"), authority.issue("a", "DNS:a.test"),
                              authority.issue("wild", "DNS:*.wild.test")], authority)
    context = secured.authority.client()
    context.check_hostname = False
    for host, shown in (("a.test", "a"), ("x.wild.test", "wild"), ("x.y.wild.test", "first"),
                        ("unknown.test", "first"), (None, "first")):
        equal(shown_to(secured, context, host), shown, f"certificate for {host}")


def shown_to(secured, context, host=NAME):
    """The common name of the certificate that a client is shown."""
    with socket.create_connection(secured.address, timeout=timing.limit()) as plain:
        with context.wrap_socket(plain, server_hostname=host) as connection:
            return dict(part[0] for part in connection.getpeercert()["subject"])["commonName"]


@each(VERSIONS)
def test_a_session_is_resumed(world, version):
    secured = Secured(world)
    secured.engine.answer_all()
    context = secured.authority.client(version=version)
    first = Client(secured.proxy.url, tls=context)
    first.chat()
    equal(first.socket.session_reused, False)

    plain = connected(secured.proxy.url.replace("https", "http"))
    second = context.wrap_socket(plain, server_hostname=NAME, session=first.socket.session)

    equal(second.session_reused, True, "whether the session was resumed")
    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="resumed")


def test_a_protocol_that_both_speak_or_none(world):
    secured = Secured(world)
    for offered, settled in ((("h2", "http/1.1"), "h2"), (("http/1.1",), "http/1.1"),
                             (("http/1.0", "http/1.1"), "http/1.1"), ((), None)):
        context = secured.authority.client(protocols=offered)
        equal(secured.handshake(context).selected_alpn_protocol(), settled, f"of {offered}")

    strange = secured.authority.client(protocols=("spdy/1",))
    holds(refused(lambda: secured.handshake(strange)), "a protocol that nobody knows is accepted")
    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="no_common_protocol")


def test_a_client_of_http10_alone_is_served(world):
    secured = Secured(world)
    client = Client(secured.proxy.url, tls=secured.authority.client(protocols=("http/1.0",)))

    client.send(b"GET /health HTTP/1.0\r\n\r\n")

    equal(client.read_response().status, 200)


@each([("h2", "h2", ("http/1.1",)), ("http/1.1", "http/1.1", ("h2",))])
def test_a_listener_of_one_protocol_refuses_the_other(world, spoken, other):
    secured = Secured(world, listener={"protocol": spoken})

    chosen = secured.authority.client(protocols=("h2", "http/1.1"))
    equal(secured.handshake(chosen).selected_alpn_protocol(), spoken)
    holds(refused(lambda: secured.handshake(secured.authority.client(protocols=other))),
          f"{other} is accepted")

    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="no_common_protocol")


def test_a_client_that_names_no_protocol_gets_none_of_http2_alone(world):
    secured = Secured(world, listener={"protocol": "h2"})

    client = secured.connect()
    client.send(wire.get("/v1/models"))

    client.expect_end()
    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="no_common_protocol")


def test_http2_that_is_switched_off_is_not_offered(world):
    secured = Secured(world, server={"http2": Sub({"enabled": False})})

    context = secured.authority.client(protocols=("h2", "http/1.1"))

    equal(secured.handshake(context).selected_alpn_protocol(), "http/1.1")


def test_a_client_without_the_certificate_it_needs_is_refused(world):
    secured = with_clients(world)
    secured.engine.answer_all()
    other = Authority(world.room, "other")

    holds(refused(lambda: secured.connect().chat()), "a client without certificate is served")
    holds(refused(lambda: secured.connect(other.issue("stranger")).chat()), "a stranger is served")
    own = secured.authority.issue("robot", "DNS:robot.test")
    equal(secured.connect(own).chat().status, 200)

    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="certificate_missing")
    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="certificate_refused")
    equal(secured.proxy.wait_for_access_lines(1)[0]["client_name"], "robot.test")


def test_a_client_of_another_name_is_refused(world):
    secured = with_clients(world, tls={"client_names": ["*.robots.test"]})
    secured.engine.answer_all()

    known = secured.authority.issue("known", "DNS:one.robots.test")
    stranger = secured.authority.issue("stranger", "DNS:robots.test.evil")

    equal(secured.connect(known).chat().status, 200)
    holds(refused(lambda: secured.connect(stranger).chat()), "a stranger is served")


@each([("HTTP/1.1", "http/1.1"), ("HTTP/2", "h2")])
def test_a_route_for_certain_clients_believes_certificates_only(world, protocol):
    routes = [{"name": "robots", "pool": "default", "client_names": ["robot.*"]}]
    secured = with_clients(world, "optional", routes=routes)
    secured.engine.answer_all()
    own = secured.authority.issue("robot", "DNS:robot.test")
    forged = [("x-client-name", "robot.test"), ("x-forwarded-client-cert", "DNS=robot.test")]

    equal(chat_by(secured, protocol, own), 200)
    equal(chat_by(secured, protocol, None, forged), 404)

    lines = secured.proxy.wait_for_access_lines(2)
    equal([line["client_name"] for line in lines], ["robot.test", None])


def test_a_route_takes_a_client_by_any_of_its_names(world):
    robots = {"name": "robots", "pool": "default", "client_names": ["spiffe://x/*"]}
    secured = with_clients(world, routes=[robots, {"name": "open", "pool": "default"}])
    secured.engine.answer_all()
    own = secured.authority.issue("robot", "DNS:a.robots.test,URI:spiffe://x/y")

    equal(secured.connect(own).chat().status, 200)

    line = secured.proxy.wait_for_access_lines(1)[0]
    equal((line["route"], line["client_name"]), ("robots", "spiffe://x/y"))


def chat_by(secured, protocol, own, fields=()):
    """The status of one request by this protocol."""
    context = secured.authority.client(own, protocols=(protocol,))
    kind = H2Client if protocol == "h2" else Client
    return kind(secured.proxy.url, tls=context).chat(fields=fields).status


def test_a_new_certificate_is_shown_without_a_failed_request(world):
    secured = Secured(world)
    trusting = secured.authority.client()
    equal(shown_to(secured, trusting), "site")
    secured.engine.answer_all(b"served")
    kept = secured.connect()
    equal(kept.chat().body, b"served")
    failures, stop = [], threading.Event()
    clients = [threading.Thread(target=keep_asking, args=(secured, stop, failures))
               for _ in range(4)]
    for client in clients:
        client.start()

    for subject in ("second", "third", "new"):
        secured.authority.issue("site", subject=subject)
        timing.eventually(lambda name=subject: shown_to(secured, trusting) == name,
                          f"the certificate {subject}")
    stop.set()
    for client in clients:
        client.join()

    equal(failures, [], "requests that failed meanwhile")
    equal(kept.chat().body, b"served", "on the connection from before")


def test_a_mounted_secret_is_read_again_when_its_directory_is_swapped(world):
    """As Kubernetes does it: the files are links through `..data`, which is replaced."""
    authority = Authority(world.room)
    mount = world.room / "mount"

    def update(version):
        issued = authority.issue(version)
        (mount / version).mkdir(parents=True)
        Path(issued["cert"]).rename(mount / version / "tls.crt")
        Path(issued["key"]).rename(mount / version / "tls.key")
        (mount / "..new").symlink_to(version)
        (mount / "..new").replace(mount / "..data")

    update("first")
    for name in ("tls.crt", "tls.key"):
        (mount / name).symlink_to(Path("..data") / name)
    pair = {"cert": str(mount / "tls.crt"), "key": str(mount / "tls.key")}
    secured = Secured(world, [pair], authority)
    trusting = authority.client()
    equal(shown_to(secured, trusting), "first")

    for version in ("second", "third"):
        update(version)
        timing.eventually(lambda name=version: shown_to(secured, trusting) == name,
                          f"the {version} certificate")


def keep_asking(secured, stop, failures):
    while not stop.is_set():
        try:
            client = secured.connect()
            if client.chat().body != b"served":
                failures.append("another answer")
            client.close()
        except (OSError, AssertionError) as error:
            failures.append(repr(error))


def test_a_bad_certificate_changes_nothing_and_is_told(world):
    secured = Secured(world)
    site = secured.certificates[0]
    good = open(site["cert"], encoding="ascii").read()
    trusting = secured.authority.client()

    open(site["cert"], "w", encoding="ascii").write("no certificate")
    secured.proxy.wait_for_log("holds no certificate in PEM format")
    holds(f"{secured.proxy.config_path}:" in secured.proxy.log(), "the place of it is not told")
    equal(secured.proxy.metric("penstock_config_last_reload_successful"), 0)
    equal(shown_to(secured, trusting), "site")

    open(site["cert"], "w", encoding="ascii").write(good)
    timing.eventually(lambda: secured.proxy.metric("penstock_config_last_reload_successful") == 1
                      or secured.proxy.reload(), "the good certificate")


def test_a_reload_brings_tls_to_an_open_listener(world):
    engine = world.engine()
    engine.answer_all(b"served")
    authority = Authority(world.room)
    proxy = world.proxy(engine)
    plain = proxy.connect()
    equal(plain.chat().body, b"served")

    listener = {"address": "127.0.0.1:0", "tls": Sub({"certificates": [authority.issue("site")]})}
    proxy.write_config(pools=[config.pool("default", [engine.url])], listeners=[listener])
    proxy.reload()

    secured = proxy.url.replace("http", "https")
    timing.eventually(
        lambda: not refused(lambda: Client(secured, tls=authority.client()).chat()), "TLS")
    equal(plain.chat().body, b"served", "on the connection from before")


def test_the_end_of_a_certificate_is_a_metric(world):
    secured = Secured(world)
    site = secured.certificates[0]["cert"]

    told = secured.proxy.metric("penstock_tls_certificate_not_after_seconds", certificate=site)

    end = subprocess.run(["openssl", "x509", "-in", site, "-noout", "-enddate"], check=True,
                         capture_output=True, text=True, timeout=60).stdout
    equal(told, ssl.cert_time_to_seconds(end.strip().removeprefix("notAfter=")))


def test_check_finds_a_key_that_does_not_fit(world):
    secured = Secured(world)
    other = secured.authority.issue("other")
    pair = {"cert": secured.certificates[0]["cert"], "key": other["key"]}
    file = world.room / "wrong.toml"
    file.write_text(config.document(pools=[config.pool("default", [secured.engine.url])],
                                    listeners=[secured.listener(certificates=[pair])]))

    checked = subprocess.run([world.binary, "check", "-c", str(file)], capture_output=True,
                             text=True, timeout=60)

    holds(checked.returncode != 0, "a wrong key passes")
    holds("does not belong to the certificate" in checked.stdout + checked.stderr, checked.stderr)


@each(VERSIONS)
def test_tokens_arrive_one_by_one_and_exactly(world, version):
    secured = Secured(world)
    client, request = secured.begun_stream(version=version)

    for number in range(200):
        token = event("x" * (number * 37 % 5000))
        request.send_chunk(token)
        client.expect(chunk(token))
    request.send_chunk(DONE)
    request.end_stream()

    client.expect(chunk(DONE) + LAST_CHUNK)


def test_a_client_that_does_not_read_gets_all_of_it_later(world):
    secured = Secured(world)
    client = secured.connect(receive_buffer=16 << 10)
    client.send(wire.post_chat(stream=True))
    request = secured.engine.next_request()
    pieces = [chunk(bytes([65 + number % 26]) * 65_000) for number in range(160)]

    secured.engine.in_background(
        lambda: request.send(STREAM_HEAD + b"".join(pieces) + LAST_CHUNK))
    client.read_head()
    for piece in pieces:
        client.expect(piece)

    client.expect(LAST_CHUNK)


def say_goodbye(client):
    """close_notify, and then nothing: the connection stays open."""
    client.socket.settimeout(timing.limit())
    try:
        client.socket.unwrap()
    except (OSError, ssl.SSLError):
        pass  # the proxy's part of it may be missing


WAYS = [("close_notify", say_goodbye), ("FIN", lambda client: client.half_close()),
        ("RST", lambda client: client.reset())]


@each(WAYS)
def test_a_client_that_goes_cancels_its_request(world, go):
    secured = Secured(world)
    client, request = secured.begun_stream()

    go(client)

    request.expect_end()
    equal(secured.proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")


@each([("plain HTTP", wire.get("/health"), "not_tls"),
       ("HTTP/2 in clear text", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not_tls"),
       ("garbage", bytes(range(256)) * 8, "not_tls"),
       ("nothing", b"", "peer_closed")])
def test_what_is_no_tls_is_turned_away(world, data, outcome):
    secured = Secured(world)
    client = Client(secured.proxy.url.replace("https", "http"))
    if data:
        client.send(data)
    else:
        client.half_close()

    came, _ = client.read_to_end()

    holds(b"HTTP/" not in came, f"it is answered in plain text: {came!r}")
    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome=outcome)
    equal(secured.proxy.access_lines(), [])


@each([("silent from the start", 0), ("in the middle", 60)])
def test_a_handshake_that_stalls_ends_with_the_time_for_heads(world, sent):
    secured = Secured(world, server={"head_timeout": "300ms"})
    client = Client(secured.proxy.url.replace("https", "http"))
    client.send(first_flight()[:sent])

    client.read_to_end()

    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="timed_out")


def first_flight():
    """What a client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=NAME)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def test_a_handshake_byte_by_byte_is_completed(world):
    secured = Secured(world)
    secured.engine.answer_all(b"served")
    wire_end = Client(secured.proxy.url.replace("https", "http"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = secured.authority.client().wrap_bio(incoming, outgoing, server_hostname=NAME)

    def carry(act):
        while True:
            try:
                result = act()
                wire_end.send_in_pieces(outgoing.read())
                return result
            except ssl.SSLWantReadError:
                wire_end.send_in_pieces(outgoing.read())
                incoming.write(wire_end.socket.recv(1 << 16))

    carry(client.do_handshake)
    carry(lambda: client.write(wire.post_chat()))

    came = b""
    while b"served" not in came:
        came += carry(lambda: client.read(1 << 16))
    holds(came.startswith(b"HTTP/1.1 200"), f"another answer: {came!r}")
