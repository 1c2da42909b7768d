"""A slow reader slows its engine down; the proxy holds one bounded buffer."""

from harness.cases import equal, holds
from harness.pairs import ALL, only
from harness.program import WITHOUT_QUARANTINE
from harness.wire import LAST_CHUNK, STREAM_HEAD, chunk

PAIRS = ALL
CONTENT = b"x" * 65_000
PIECE = chunk(CONTENT)
MOST_IN_FLIGHT = 48 << 20  # the kernel's own buffers, on four sockets, may take some of this
BYTES = only("what its socket takes; h2_windows.py has windows", engine="h1")


@BYTES
def test_a_client_that_does_not_read_stops_its_engine(world):
    engine = world.engine()
    proxy = world.proxy(engine, environment=WITHOUT_QUARANTINE)
    exchange = proxy.client(receive_buffer=16 << 10).post_chat(stream=True)
    request = engine.next_request()
    before = proxy.resident()

    request.send(STREAM_HEAD)
    sent, rest = request.send_until_blocked(PIECE, 2 * MOST_IN_FLIGHT)
    grown = proxy.resident() - before

    holds(sent < MOST_IN_FLIGHT, f"the proxy took {sent >> 20} MiB for a client that reads nothing")
    holds(grown < world.memory(4 << 20), f"the proxy grew by {grown >> 10} KiB for one blocked stream")
    engine.in_background(lambda: request.send(rest + LAST_CHUNK))
    body = exchange.read_response().body  # the client begins to read: everything comes
    holds(body == CONTENT * ((sent + len(rest)) // len(PIECE)), "the body changed on its way")


@BYTES
def test_other_streams_go_on_while_one_is_blocked(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    blocked = proxy.client(receive_buffer=16 << 10).post_chat(stream=True)
    request = engine.next_request()
    request.send(STREAM_HEAD)
    request.send_until_blocked(PIECE, 2 * MOST_IN_FLIGHT)

    other = proxy.post_chat(stream=True)
    second = engine.next_request()
    second.start_stream()
    other.read_head()
    for number in range(10):
        second.send_chunk(b"token %d" % number)
        other.expect(b"token %d" % number)
    blocked.close()


@BYTES
def test_a_reader_that_stalls_for_too_long_is_given_up(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"write_stall_timeout": "500ms"})
    exchange = proxy.client(receive_buffer=16 << 10).post_chat(stream=True)
    request = engine.next_request()
    request.send(STREAM_HEAD)
    request.send_until_closed(PIECE)

    line = proxy.wait_for_access_lines(1)[0]

    equal(line["error"], "client_write_stall", f"the access line {line}")
    exchange.close()
