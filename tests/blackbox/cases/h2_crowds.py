"""Many HTTP/2 streams at once: every byte arrives, and whoever does not read holds up nobody else."""

import re

from harness import timing
from harness.cases import equal, holds, long_case
from harness.client import Client
from harness.program import WITHOUT_QUARANTINE

CONNECTIONS = 10
TOKENS = 30
QUESTIONS = 97  # different ones; no two of neighbouring streams are the same
MOST_GROWTH = 32 << 20  # bytes of resident memory, for 100 streams that are not read
OF_ONE_ANSWER = re.compile(rb'"id":"[^"]*"|"created":\d+')  # what differs between two of them


def question(number, tokens=TOKENS):
    number %= QUESTIONS
    return {"text": f"question {number}", "stream": True, "max_tokens": tokens, "seed": number}


def direct_answers(engine):
    """What the engine answers to each question without a proxy."""
    client = Client(engine.url)
    return [OF_ONE_ANSWER.sub(b"", client.chat(**question(number)).body)
            for number in range(QUESTIONS)]


def all_are_answered(proxy, count, expected):
    """All streams are open at once."""
    clients = [proxy.connect_h2() for _ in range(CONNECTIONS)]
    streams = [clients[number % CONNECTIONS].post_chat(**question(number))
               for number in range(count)]
    for number, stream in enumerate(streams):
        response = stream.read_response()
        equal((response.status, OF_ONE_ANSWER.sub(b"", response.body)), (200, expected[number % QUESTIONS]),
              f"answer of stream {number}")


def crowd(world, count, rounds=1):
    engines = world.mock_engines(4, "--speed", "200", "--max-running", "512")
    expected = direct_answers(engines[0])
    proxy = world.proxy(*engines, server={"workers": 2})

    for _ in range(rounds):
        all_are_answered(proxy, count, expected)

    lines = proxy.wait_for_access_lines(count * rounds)
    equal(sum(line["outcome"] == "ok" for line in lines), count * rounds, "good access lines")


def test_1000_streams_over_10_connections_arrive_exactly(world):
    crowd(world, 1000)


@long_case
def test_1000_streams_over_10_connections_arrive_exactly_ten_times(world):
    crowd(world, 1000, rounds=10)


def test_a_client_that_reads_nothing_holds_back_only_its_own_streams(world):
    engines = world.mock_engines(4, "--speed", "200", "--max-running", "512")
    expected = direct_answers(engines[0])
    proxy = world.proxy(*engines, server={"write_stall_timeout": "2s"},
                        environment=WITHOUT_QUARANTINE)
    all_are_answered(proxy, 200, expected)
    before = proxy.resident()

    deaf = proxy.connect_h2(receive_buffer=16 << 10)
    for number in range(100):
        deaf.post_chat(**question(number, tokens=100_000))
    all_are_answered(proxy, 200, expected)
    proxy.wait_for_metric("penstock_http2_refusals_total", 1, reason="write_stall")

    for name in ("backend_in_flight", "requests_in_flight", "buffered_bytes"):
        timing.eventually(lambda name=name: proxy.metric(f"penstock_{name}") == 0,
                          f"penstock_{name} to be 0")
    grown = proxy.resident("VmHWM") - before
    holds(grown < world.memory(MOST_GROWTH), f"the proxy grew by {grown >> 20} MiB")
    stalled = [line for line in proxy.wait_for_access_lines(500) if line["outcome"] != "ok"]
    equal(len(stalled), 100, "access lines of streams that were not read")
