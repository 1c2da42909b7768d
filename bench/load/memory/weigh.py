"""Resident memory of one Penstock: under open streams, and along many requests."""

import json
import subprocess
import time
import urllib.request

import machine

PROMPT = 2_048     # bytes of a request's body
STREAM_SECONDS = 120   # at most, until all streams have had a token
REQUEST_SECONDS = 900  # at most, for all requests
QUIET_SECONDS = 20     # at most, until the proxy has let go of what has ended
CONNECTIONS = 64       # of the requests; kept


class Client:
    """A bench_client under way. It ends by itself, so that reading its lines is bounded."""

    def __init__(self, arena, port, mode, **options):
        options = {"body": PROMPT, "warmup": 0, **options}
        named = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        self._children = arena.children
        self.process = arena.children.start(
            [arena.client, f"127.0.0.1:{port}", mode, *named], arena.load_core,
            stdout=subprocess.PIPE, text=True)

    def await_line(self, wanted):
        """The next line it prints must be this one."""
        line = self.process.stdout.readline().strip()
        if line != wanted:
            raise RuntimeError(f"the load generator did not get to '{wanted}': {line}")

    def report(self):
        """What it says at its end. RuntimeError unless all was well."""
        line = self.process.stdout.readline()
        found = json.loads(line or "{}")
        if self.process.wait(5) != 0 or found.get("errors") != 0:
            raise RuntimeError(f"answers were not as they should be: {line.strip()}")
        return found

    def end(self):
        if self.process.poll() is not None:
            raise RuntimeError("the load generator ended before its streams")
        self._children.end([self.process])


def open_streams(proxy):
    """As the proxy itself counts them."""
    url = f"http://127.0.0.1:{proxy.admin_port}/metrics"
    with urllib.request.urlopen(url, timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("penstock_streams_open"):
                return int(float(line.rpartition(" ")[2]))
    raise RuntimeError("the proxy does not tell how many streams are open")


def await_rest(proxy):
    until = time.monotonic() + QUIET_SECONDS
    while open_streams(proxy) > 0:
        if time.monotonic() > until:
            raise RuntimeError("streams are open that nobody reads")
        time.sleep(0.05)


def warm_up(arena, proxy):
    """Code is paged in, and what is made once is made: none of it belongs to a stream."""
    Client(arena, proxy.port, "requests", connections=8, requests=2_000, seconds=60).report()
    Client(arena, proxy.port, "streams", connections=8, tokens=2, requests=16, seconds=60).report()
    await_rest(proxy)


def weigh_streams(arena, proxy, count, opening):
    """Memory before, while `count` streams are open that have all had a token, and after.

    `opening`: so many at most wait for their first token at the same time."""
    warm_up(arena, proxy)
    before = machine.memory(proxy.process.pid)
    client = Client(arena, proxy.port, "streams", connections=count, tokens=1_000_000,
                    opening=opening, announce=1, seconds=STREAM_SECONDS)
    client.await_line(f"streaming {count}")
    counted = open_streams(proxy)
    during = machine.memory(proxy.process.pid)
    if counted != count or open_streams(proxy) != count:
        raise RuntimeError(f"{counted} streams were open at the proxy instead of {count}")
    client.end()
    await_rest(proxy)
    after = machine.memory(proxy.process.pid)
    return {"streams": count, "opening": opening, "prompt_bytes": PROMPT, "before": before, "during": during,
            "after": after, "bytes_per_stream": (during["Rss"] - before["Rss"]) / count,
            "pss_per_stream": (during["Pss"] - before["Pss"]) / count}


def weigh_requests(arena, proxy, count, every):
    """Memory at the beginning and after each `every` requests: pairs of requests and bytes."""
    samples = [(0, machine.memory(proxy.process.pid)["Rss"])]
    client = Client(arena, proxy.port, "requests", connections=CONNECTIONS, requests=count,
                    announce=every, seconds=REQUEST_SECONDS)
    for answered in range(every, count + 1, every):
        client.await_line(f"answered {answered}")
        samples.append((answered, machine.memory(proxy.process.pid)["Rss"]))
    client.report()
    return samples
