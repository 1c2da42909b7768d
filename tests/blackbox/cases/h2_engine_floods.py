"""Engines that flood their HTTP/2 connection: it ends, its requests fail, and the next one is served."""

from harness import frames, wire
from harness.cases import each, equal, holds
from harness.program import WITHOUT_QUARANTINE

H2C = {"protocol": "h2c"}
REFUSALS = "penstock_upstream_http2_refusals_total"
OK = [(":status", "200")]

FLOODS = [
    ("SETTINGS", "control_flood", frames.settings()),
    ("PING", "control_flood", frames.ping()),
    ("CONTINUATION", "continuation_flood", frames.headers(1, OK, pieces=14)),
    ("WINDOW_UPDATE", "useless_frames", frames.window_update(1, 1)),
    ("a frame over the size", "protocol_error", frames.frame(frames.DATA, 0, 1, bytes(20_000))),
    ("a head of 49 MB", "header_list_too_large",
     frames.headers(1, block=frames.header_block(OK) + frames.indexing_field("x", b"y" * 4000)
                    + frames.indexed_field(62) * 12_000)),
]


def send_until_ended(connection, data):
    """Sends it over and over, 40 MB at most."""
    sent = 0
    try:
        while not connection.ended and sent < 40_000_000:
            connection.send(data)
            sent += len(data)
    except (BrokenPipeError, ConnectionResetError):
        return


@each(FLOODS)
def test_a_flood_ends_its_connection(world, reason, flood):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C, environment=WITHOUT_QUARANTINE)
    client = proxy.connect()
    client.send(wire.post_chat())
    request = engine.next_request()

    send_until_ended(request.connection, flood * max(1, 20_000 // len(flood)))

    response = client.read_response()
    equal((response.status, response.error_code()), (502, "upstream_closed"))
    proxy.wait_for_metric(REFUSALS, 1, reason=reason)
    client.send(wire.post_chat())
    again = engine.next_request()
    holds(again.connection is not request.connection, "the connection goes on")
    again.respond(b"served")
    equal(client.read_response().body, b"served")


def test_a_flood_within_an_answer_breaks_it_off(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    client = proxy.connect()
    client.send(wire.post_chat())
    request = engine.next_request()
    request.send_head()
    equal(client.read_head().first[1], "200")

    send_until_ended(request.connection, frames.data(request.id) * 1000)

    proxy.wait_for_metric(REFUSALS, 1, reason="empty_frames")
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "broken")
