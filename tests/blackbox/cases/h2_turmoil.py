"""HTTP/2 clients that cancel, break off and leave when they like: nothing is lost, stuck or kept."""

import random
import threading

from harness import config, frames, timing, wire
from harness.cases import equal, holds, long_case
from harness.h2_client import H2Client, chat_head
from harness.peer import Closed

KNOWN = {200, 502, 503}
LARGE = 300_000  # bytes of a prompt that the worker does not read by itself
WINDOWS = (0, 100, 5000, frames.MOST_WINDOW)


class Visitor(threading.Thread):
    """One connection after the other; on each some streams, which are read, cancelled or left."""

    def __init__(self, url, seed, visits):
        super().__init__(daemon=True)
        self.url, self.visits = url, visits
        self.chance = random.Random(seed)
        self.answers = []  # statuses, and what went wrong besides

    def run(self):
        for _ in range(self.visits):
            window = self.chance.choice(WINDOWS)
            client = H2Client(self.url, window=window)
            try:
                self.visit(client, window)
            except (Closed, OSError):
                pass  # the proxy refused what this client is free to try
            except AssertionError as error:
                self.answers.append(str(error))
            client.close()

    def visit(self, client, window):
        streams = [self.ask(client) for _ in range(self.chance.randint(1, 8))]
        self.chance.shuffle(streams)
        for stream in filter(None, streams):
            manner = self.chance.random()
            if manner < 0.3:
                stream.reset(self.chance.choice((frames.CANCEL, frames.NO_ERROR)))
            elif manner < 0.4:
                self.leave(client)
                return
            else:
                if window < frames.MOST_WINDOW:
                    stream.grant(1 << 30)
                self.answers.append(stream.read_response().status)

    def ask(self, client):
        """A stream with a whole request; or with a part of one, and then nothing is expected of it."""
        size = LARGE if self.chance.random() < 0.03 else self.chance.randint(20, 5000)
        stream = client.open(chat_head(), end=False)
        body = wire.chat(f"system prompt {self.chance.randint(0, 5)} ".ljust(size, "."), stream=True,
                         max_tokens=self.chance.randint(1, 60))
        if self.chance.random() < 0.1:
            stream.upload(body[:-9], end=False)
            stream.reset()
            return None
        stream.upload(body)
        return stream

    def leave(self, client):
        """In the middle of a frame, after GOAWAY, or by RST."""
        how = self.chance.randint(0, 2)
        if how == 0:
            client.send(frames.ping()[:self.chance.randint(1, 16)])
        elif how == 1:
            client.send(frames.goaway())
        else:
            client.reset()


def turmoil(world, visitors, visits):
    engines = world.mock_engines(4, "--speed", "2000")
    pool = config.pool("default", [engine.url for engine in engines])
    proxy = world.proxy_of(pools=[pool], server={"workers": 3})
    crowd = [Visitor(proxy.url, seed, visits) for seed in range(visitors)]

    for each in crowd:
        each.start()
    for each in crowd:
        each.join()

    strange = {status for each in crowd for status in each.answers} - KNOWN
    equal(strange, set(), "answers that nobody should get")
    holds(sum(each.answers.count(200) for each in crowd) > visitors * visits, "too few were served")
    for name in ("requests_in_flight", "streams_open", "client_connections", "buffered_bytes",
                 "backend_in_flight"):
        timing.eventually(lambda name=name: proxy.metric(f"penstock_{name}") == 0,
                          f"penstock_{name} to be 0")
    started = int(proxy.metric("penstock_requests_started_total"))
    equal(len(proxy.wait_for_access_lines(started)), started, "access lines")


def test_nothing_is_left_of_clients_that_come_and_go(world):
    turmoil(world, visitors=8, visits=30)


@long_case
def test_nothing_is_left_of_thousands_that_come_and_go(world):
    turmoil(world, visitors=16, visits=150)
