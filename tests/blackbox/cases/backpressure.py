"""A slow reader slows its engine down; the proxy holds one bounded buffer."""

from harness import wire
from harness.cases import holds
from harness.program import WITHOUT_QUARANTINE
from harness.wire import LAST_CHUNK, STREAM_HEAD, chunk

PIECE = chunk(b"x" * 65_000)
MOST_IN_FLIGHT = 48 << 20  # the kernel's own buffers, on four sockets, may take some of this


def test_a_client_that_does_not_read_stops_its_engine(world):
    engine = world.engine()
    proxy = world.proxy(engine, environment=WITHOUT_QUARANTINE)
    client = proxy.connect(receive_buffer=16 << 10)
    client.send(wire.post_chat(stream=True))
    request = engine.next_request()
    before = proxy.resident()

    request.send(STREAM_HEAD)
    sent, rest = request.send_until_blocked(PIECE, 2 * MOST_IN_FLIGHT)
    grown = proxy.resident() - before

    holds(sent < MOST_IN_FLIGHT, f"the proxy took {sent >> 20} MiB for a client that reads nothing")
    holds(grown < 4 << 20, f"the proxy grew by {grown >> 10} KiB for one blocked stream")
    read_all(client, request, rest, sent)


def read_all(client, request, rest, sent):
    """The client begins to read: everything comes, in order, to the end."""
    head = client.read_head()
    holds(head.first[1] == "200", "no answer")
    remaining = sent
    while remaining > 0:
        data = client.read_exactly(min(remaining, 1 << 20))
        remaining -= len(data)
    request.send(rest + LAST_CHUNK)
    request.done()
    client.expect(rest + LAST_CHUNK)


def test_other_streams_go_on_while_one_is_blocked(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    blocked = proxy.connect(receive_buffer=16 << 10)
    blocked.send(wire.post_chat(stream=True))
    request = engine.next_request()
    request.send(STREAM_HEAD)
    request.send_until_blocked(PIECE, 2 * MOST_IN_FLIGHT)

    other = proxy.connect()
    other.send(wire.post_chat(stream=True))
    second = engine.next_request()
    second.start_stream()
    other.read_head()
    for number in range(10):
        second.send_chunk(b"token %d" % number)
        other.expect(chunk(b"token %d" % number))


def test_a_reader_that_stalls_for_too_long_is_given_up(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"write_stall_timeout": "500ms"})
    client = proxy.connect(receive_buffer=16 << 10)
    client.send(wire.post_chat(stream=True))
    request = engine.next_request()
    request.send(STREAM_HEAD)
    request.send_until_closed(PIECE)

    line = proxy.wait_for_access_lines(1)[0]

    holds(line["error"] == "client_write_stall", f"the access line says {line}")
