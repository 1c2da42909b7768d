"""Starting, draining, ending."""

import signal

from harness import config, timing, wire
from harness.cases import equal, holds
from harness.client import Client
from harness.pairs import ALL, once, only
from harness.wire import event

PAIRS = ALL


def open_stream(world, proxy, engine):
    exchange = proxy.post_chat(stream=True)
    request = engine.next_request()
    request.start_stream()
    exchange.read_head()
    return exchange, request


def connectable(url):
    try:
        Client(url).close()
        return True
    except OSError:
        return False


def test_sigterm_without_streams_ends_at_once(world):
    proxy = world.proxy(world.engine())

    proxy.signal(signal.SIGTERM)

    equal(proxy.wait_for_end(), 0, "exit status")


def test_sigint_does_the_same(world):
    proxy = world.proxy(world.engine())

    proxy.signal(signal.SIGINT)

    equal(proxy.wait_for_end(), 0, "exit status")


def test_open_streams_finish_before_the_end(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    exchange, request = open_stream(world, proxy, engine)

    proxy.signal(signal.SIGTERM)
    timing.eventually(lambda: not connectable(proxy.url), "the listener to close")
    request.send_chunk(event("still"))
    exchange.expect(event("still"))
    holds(proxy.running(), "it ended with a stream open")
    request.end_stream()
    exchange.expect_end()
    exchange.close()  # else the proxy lingers

    equal(proxy.wait_for_end(), 0, "exit status")


def test_readiness_goes_first_then_the_listener(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine, server={"drain_delay": "30s"})
    equal(proxy.admin("/readyz").status, 200)

    proxy.signal(signal.SIGTERM)
    timing.eventually(lambda: proxy.admin("/readyz").status == 503, "readiness to go")

    equal(proxy.chat().body, b"answer", "a request within the delay")
    equal(proxy.admin("/livez").status, 200)


@only("h2_ends.py has GOAWAY", client="h1")
def test_an_idle_client_connection_ends_with_the_drain(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    idle = proxy.connect()
    idle.send(wire.post_chat())
    engine.next_request().respond()
    equal(idle.read_response().status, 200)
    streaming, _ = open_stream(world, proxy, engine)

    proxy.signal(signal.SIGTERM)

    idle.expect_end()
    streaming.expect_silence(0.1)
    holds(proxy.running(), "it ended with a stream open")


def test_a_stream_that_outlasts_the_drain_ends_visibly(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"drain_timeout": "500ms"})
    exchange, request = open_stream(world, proxy, engine)

    proxy.signal(signal.SIGTERM)
    exchange.expect_broken()
    request.expect_cancelled()
    equal(proxy.wait_for_end(), 0, "exit status")


def test_a_second_signal_ends_at_once(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    exchange, _ = open_stream(world, proxy, engine)

    proxy.signal(signal.SIGTERM)
    timing.eventually(lambda: not connectable(proxy.url), "the listener to close")
    holds(proxy.running(), "it ended with a stream open")
    proxy.signal(signal.SIGTERM)

    proxy.wait_for_end()
    exchange.expect_broken()


def test_what_the_end_cuts_off_is_not_the_clients_fault(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    streaming, _ = open_stream(world, proxy, engine)
    waiting = proxy.post_chat()
    engine.next_request()

    proxy.signal(signal.SIGTERM)
    timing.eventually(lambda: not connectable(proxy.url), "the listener to close")
    proxy.signal(signal.SIGTERM)
    proxy.wait_for_end()

    lines = proxy.wait_for_access_lines(2)
    equal({line["error"] for line in lines}, {"shutting_down"})
    equal({line["outcome"]: line["status"] for line in lines}, {"broken": 200, "refused": 503})
    for exchange in (streaming, waiting):
        exchange.close()


@once("it serves nobody")
def test_an_address_in_use_is_told(world):
    proxy = world.proxy(world.engine())
    path = world.room / "second.toml"
    path.write_text(config.document([config.pool("default", ["http://127.0.0.1:1"])],
                                    listeners=[proxy.admin_url.removeprefix("http://")]))

    second = world.run("run", "-c", str(path))

    holds(second.wait_for_end() != 0, "it started all the same")
    holds("in use" in second.log().lower(), f"it says:\n{second.log()}")


def test_a_unix_socket_listener_serves(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    address = f"unix:{world.room}/listen"
    world.proxy_of(pools=[config.pool("default", [engine.url])],
                   listeners=["127.0.0.1:0", address])

    equal(world.client(address).chat().body, b"answer")


def test_two_workers_both_serve(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine, server={"workers": 2})
    clients = [proxy.client() for _ in range(64)]

    for client in clients:
        equal(client.chat().body, b"answer")

    proxy.signal(signal.SIGTERM)
    for client in clients:
        client.close()
    equal(proxy.wait_for_end(), 0, "exit status")


@once("it serves nobody")
def test_readiness_is_told_to_systemd(world):
    import socket
    path = str(world.room / "notify")
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(path)
    receiver.settimeout(timing.limit())
    file = world.room / "notified.toml"
    file.write_text(config.document([config.pool("default", [world.engine().url])]))

    program = world.run("run", "-c", str(file), environment={"NOTIFY_SOCKET": path})

    holds(b"READY=1" in receiver.recv(4096), "no READY=1")
    program.signal(signal.SIGTERM)
    while b"STOPPING=1" not in receiver.recv(4096):
        pass
