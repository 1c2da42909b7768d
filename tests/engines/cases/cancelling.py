"""llama-server stops working for a client that has gone away."""

from harness import timing, wire
from harness.cases import each, equal, holds
from harness.llama_server import SLOT_TOKENS

# Far more than is made before the client goes, and no more than fits into a slot.
ENDLESS = SLOT_TOKENS - 500


def start(proxy, text, **more):
    client = proxy.connect()
    client.send(wire.post_chat(text, max_tokens=ENDLESS, **more))
    return client


def expect_stopped(server, proxy):
    """The engine works on nothing, and did not come to the end of what was asked."""
    server.wait_until_idle()
    made = server.metric("n_decode_total")
    holds(made < ENDLESS, f"the engine made all tokens: {made}")
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")


@each([("closing", "close"), ("resetting", "reset")])
def test_a_client_gone_within_the_stream(world, how):
    server = world.llama_server()
    proxy = world.llama_proxy(server)
    client = start(proxy, "Go on for ever.", stream=True)
    client.read_head()
    client.read_chunk()
    equal(server.busy_slots(), 1, "requests it works on")

    getattr(client, how)()

    expect_stopped(server, proxy)


def test_a_client_gone_before_its_whole_answer(world):
    """Polled as it is by default, so rarely that the engine comes to look for its clients."""
    server = world.llama_server()
    proxy = world.llama_proxy(server, metrics_interval=None)
    client = start(proxy, "Go on for ever.")
    timing.eventually(lambda: server.busy_slots() == 1, "the engine to work on it")

    client.close()

    expect_stopped(server, proxy)


def test_a_client_gone_while_its_request_waits_for_a_slot(world):
    server = world.llama_server()
    proxy = world.llama_proxy(server, metrics_interval=None)
    working = [start(proxy, f"Go on, {number}.", stream=True) for number in range(2)]
    for client in working:
        client.read_head()
    waiting = start(proxy, "And me?", stream=True)
    timing.eventually(lambda: server.metric("requests_deferred") == 1, "a request in the queue")

    waiting.close()

    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")
    for client in working:
        client.read_chunk()
        client.close()
    expect_stopped(server, proxy)
