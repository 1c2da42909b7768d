"""HTTP/2 flow control: whoever does not read holds back one stream, and nothing but that stream."""

from harness import config, frames, timing, wire
from harness.cases import equal, holds
from harness.frames import MOST_WINDOW, WINDOW
from harness.h2_client import chat_head, head
from harness.program import WITHOUT_QUARANTINE
from harness.wire import LAST_CHUNK, STREAM_HEAD, chunk, event

PIECE = chunk(b"x" * 65_000)
MOST_IN_FLIGHT = 24 << 20  # the kernel's own buffers, on two sockets, may take some of this
UPLOAD = {"paths": ["/upload"], "pool": "slow", "body": "stream", "methods": ["POST"]}


def answered_stream(client, engine, **more):
    """A stream whose response has begun."""
    stream = client.post_chat(stream=True, **more)
    request = engine.next_request()
    request.start_stream()
    equal(stream.read_status(), 200)
    return stream, request


def test_an_upload_far_beyond_the_windows_arrives_exactly(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    body = wire.chat("x" * (8 << 20))

    stream = client.open(chat_head(), end=False)
    stream.upload(body)
    request = engine.next_request()
    request.respond(body=b"taken")

    holds(request.body == body, "the body changed on its way")
    equal(stream.read_response().body, b"taken")


def test_an_answer_of_32_mebibytes_arrives_exactly(world):
    engine = world.engine()
    body = bytes(range(256)) * (1 << 17)
    engine.answer_all(body)

    response = world.proxy(engine).connect_h2().chat()

    holds(response.body == body, "the body changed on its way")


def test_an_upload_that_its_engine_does_not_read_waits_alone(world):
    slow, quick = world.engine(read_bodies=False), world.engine()
    quick.answer_all(b"answer")
    pools = [config.pool("slow", [slow.url], models=["slow"]), config.pool("default", [quick.url])]
    everything = {"paths": ["/v1/**"], "methods": ["*"], "pool": "default"}
    proxy = world.proxy_of(pools=pools, routes=[UPLOAD, everything])
    client = proxy.connect_h2()
    stream = client.open(head(target="/upload"), end=False)
    slow.next_request()

    fill(client, stream)

    holds(client.window > 0, "it holds back the whole connection")
    equal(client.chat().body, b"answer", "a request beside it")


def test_many_uploads_that_their_engine_does_not_read_wait_alone(world):
    slow, quick = world.engine(read_bodies=False), world.engine()
    quick.answer_all(b"answer")
    pools = [config.pool("slow", [slow.url], models=["slow"]), config.pool("default", [quick.url])]
    everything = {"paths": ["/v1/**"], "methods": ["*"], "pool": "default"}
    # How often windows must be asked for depends on how soon the engine's sockets are full.
    proxy = world.proxy_of(pools=pools, routes=[UPLOAD, everything],
                           server={"http2": config.Sub({"control_burst": 10_000})})
    client = proxy.connect_h2()
    client.synchronise()

    stuck = [client.open(head(target="/upload"), end=False) for _ in range(40)]
    for stream in stuck:
        fill(client, stream)

    holds(client.window > 0, "they hold back the whole connection")
    equal(client.chat().body, b"answer", "a request beside them")


def fill(client, stream):
    """Sends until the proxy takes no more of this stream."""
    sent = 0
    while sent < MOST_IN_FLIGHT:
        if min(stream.window, client.window) <= 0:
            client.synchronise()  # what the proxy still takes, it has said now
            if min(stream.window, client.window) <= 0:
                return
        size = min(stream.window, client.window)
        stream.send_data(bytes(size))
        sent += size
    raise AssertionError(f"the proxy took {sent >> 20} MiB for an engine that reads nothing")


def test_a_window_is_kept_to_the_byte(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2(window=1000)
    stream, request = answered_stream(client, engine)

    request.send_chunk(b"a" * 2500)
    equal(stream.read_data(1000), b"a" * 1000)
    stream.grant(7)
    equal(stream.read_data(7), b"a" * 7)
    client.synchronise()
    equal(len(stream.frames), 0, "frames beyond the window")
    stream.grant(5000)
    equal(stream.read_data(1493), b"a" * 1493)
    request.end_stream()

    stream.expect_end()


def test_a_stream_without_window_holds_back_only_itself(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2(window=0)
    waiting, first = answered_stream(client, engine)
    going, second = answered_stream(client, engine)
    going.grant(MOST_WINDOW)
    first.send_chunk(event("waits"))

    for number in range(20):
        second.send_chunk(event(f"token {number}"))
        going.expect_data(event(f"token {number}"))
    equal(len(waiting.frames), 0, "frames of the stream that waits")
    waiting.grant(MOST_WINDOW)

    waiting.expect_data(event("waits"))


def test_settings_may_open_the_windows_of_open_streams(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2(window=0)
    stream, request = answered_stream(client, engine)
    request.send_chunk(event("one"))
    client.synchronise()

    client.send(frames.settings([(frames.INITIAL_WINDOW_SIZE, 5)]))
    stream.expect_data(event("one")[:5])
    client.send(frames.settings([(frames.INITIAL_WINDOW_SIZE, 5000)]))

    stream.expect_data(event("one")[5:])


def test_the_connections_window_is_shared_by_its_streams(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2(start=False)
    client.send(frames.PREFACE + frames.settings([(frames.INITIAL_WINDOW_SIZE, MOST_WINDOW)]))
    first, first_request = answered_stream(client, engine)
    second, second_request = answered_stream(client, engine)

    first_request.send_chunk(b"a" * WINDOW)
    equal(first.read_data(WINDOW), b"a" * WINDOW)
    second_request.send_chunk(event("one"))
    client.synchronise()
    equal(len(second.frames), 0, "frames beyond the connection's window")
    client.send(frames.window_update(0, 1000))

    second.expect_data(event("one"))


def test_a_stream_that_is_not_read_stops_its_engine(world):
    engine = world.engine()
    proxy = world.proxy(engine, environment=WITHOUT_QUARANTINE)
    client = proxy.connect_h2(window=0)
    stream = client.post_chat(stream=True)
    request = engine.next_request()
    client.synchronise()
    before = proxy.resident()

    request.send(STREAM_HEAD)
    sent, rest = request.send_until_blocked(PIECE, MOST_IN_FLIGHT)
    grown = proxy.resident() - before

    holds(sent < MOST_IN_FLIGHT, f"the proxy took {sent >> 20} MiB for a stream that is not read")
    holds(grown < world.memory(4 << 20), f"the proxy grew by {grown >> 10} KiB for one blocked stream")
    stream.grant(MOST_WINDOW)
    request_ends(request, rest)
    equal(stream.read_response().body, b"x" * (65_000 * -(-sent // len(PIECE))))


def request_ends(request, rest):
    request.socket.setblocking(True)
    request.send(rest + LAST_CHUNK)
    request.done()


def test_a_window_that_stays_shut_ends_its_stream_alone(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"write_stall_timeout": "300ms"})
    client = proxy.connect_h2(window=0)
    stalled, request = answered_stream(client, engine)
    going, second = answered_stream(client, engine)
    going.grant(MOST_WINDOW)

    request.send_until_closed(PIECE)
    stalled.expect_reset(frames.CANCEL)
    second.send_chunk(event("still here"))
    going.expect_data(event("still here"))

    line = proxy.wait_for_access_lines(1)[0]
    equal(line["error"], "client_write_stall", "error in the access line")
    proxy.wait_for_metric("penstock_http2_refusals_total", 1, reason="write_stall")


def test_windows_of_100_streams_that_stay_shut_cost_little_and_end_them_all(world):
    engine = world.engine()
    engine.answer_all(b"x" * (1 << 20))
    proxy = world.proxy(engine, server={"write_stall_timeout": "1s"},
                        environment=WITHOUT_QUARANTINE)
    client = proxy.connect_h2(window=0)
    before = proxy.resident()

    streams = [client.post_chat(f"stream {number}") for number in range(100)]
    for stream in streams:
        equal(stream.read_status(), 200)
    for stream in streams:
        stream.expect_reset(frames.CANCEL)

    proxy.wait_for_metric("penstock_http2_refusals_total", 100, reason="write_stall")
    grown = proxy.resident("VmHWM") - before
    holds(grown < world.memory(32 << 20), f"the proxy grew by {grown >> 20} MiB")
    going = client.post_chat("and on")
    equal(going.read_status(), 200)


def test_a_client_that_reads_nothing_at_all_is_given_up(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"write_stall_timeout": "300ms"})
    client = proxy.connect_h2(receive_buffer=16 << 10)
    client.synchronise()
    client.post_chat(stream=True)
    request = engine.next_request()
    request.send(STREAM_HEAD)

    request.send_until_closed(PIECE)

    equal(proxy.wait_for_access_lines(1)[0]["error"], "client_write_stall")
    proxy.wait_for_metric("penstock_http2_refusals_total", 1, reason="write_stall")


def test_a_stream_tells_why_it_ended_where_another_filled_the_connection(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"write_stall_timeout": f"{timing.limit(3000):.0f}ms"})
    client = proxy.connect_h2(receive_buffer=16 << 10)
    client.synchronise()
    client.post_chat("first", stream=True)
    first = engine.next_request()
    client.post_chat("second", stream=True)
    second = engine.next_request()
    first.send(STREAM_HEAD)
    first.send_until_blocked(PIECE, MOST_IN_FLIGHT)  # returns two seconds after the last byte

    second.send(STREAM_HEAD)
    second.send_until_closed(PIECE)

    equal([line["error"] for line in proxy.wait_for_access_lines(2)], ["client_write_stall"] * 2)
