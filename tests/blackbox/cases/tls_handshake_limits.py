"""What a client may cost that has not completed its TLS handshake."""

from harness import timing
from harness.client import Client
from harness.secured import Secured, refused

HANDSHAKES = "penstock_tls_handshakes_total"


def test_no_memory_is_kept_for_a_hello_that_claims_to_be_long(world):
    secured = Secured(world)
    client = Client(secured.proxy.url.replace("https", "http"))
    claimed = 131_000

    client.send(b"\x16\x03\x01\x40\x00" + b"\x01" + claimed.to_bytes(3, "big"))

    client.read_to_end()
    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="message_too_large")


def test_no_more_handshakes_are_under_way_than_are_allowed(world):
    secured = Secured(world, server={"workers": 1, "max_handshakes": 2, "head_timeout": "1h"})

    silent = [Client(secured.proxy.url.replace("https", "http")) for _ in range(3)]

    secured.proxy.wait_for_metric(HANDSHAKES, 1, outcome="too_many")
    secured.proxy.wait_for_metric("penstock_client_connections", len(silent) - 1)


def test_stalled_handshakes_make_room_for_clients(world):
    secured = Secured(world, server={"workers": 1, "max_handshakes": 2, "head_timeout": "1h"})
    secured.engine.answer_all(b"served")
    stalled = [Client(secured.proxy.url.replace("https", "http")) for _ in range(2)]

    timing.eventually(lambda: not refused(lambda: secured.connect().chat()), "an answer")

    stalled[0].read_to_end()
