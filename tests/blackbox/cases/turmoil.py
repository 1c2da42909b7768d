"""Clients that leave when they like, while everything else changes: nothing is lost or kept."""

import random
import threading

from harness import config, timing, wire
from harness.cases import equal, holds, long_case
from harness.client import Client
from harness.peer import Closed

POLL = {"metrics_interval": "50ms", "health_interval": "50ms", "models_interval": "50ms"}
FAULTS = ('{"status": 500}', '{"reset_after": 3}')
LARGE = 300_000  # bytes of a prompt that the worker does not read by itself
KNOWN = {200, 500, 502, 503, 504}  # 500: an engine's own, passed on


class Visitor(threading.Thread):
    """One client after the other; each asks a few times and stays, or leaves somewhere between."""

    def __init__(self, url, seed, visits):
        super().__init__(daemon=True)
        self.url, self.visits = url, visits
        self.chance = random.Random(seed)
        self.answers = []  # statuses, and what went wrong besides

    def run(self):
        for _ in range(self.visits):
            client = Client(self.url)
            try:
                while self.ask(client) and self.chance.random() < 0.7:
                    pass
            except (Closed, OSError):
                pass  # an answer that its engine broke off ends the connection
            except AssertionError as error:
                self.answers.append(str(error))
            client.close()

    def ask(self, client):
        """False when the client has left."""
        size = LARGE if self.chance.random() < 0.03 else self.chance.randint(20, 5000)
        text = f"system prompt {self.chance.randint(0, 5)} ".ljust(size, ".")
        client.send(wire.post_chat(text, stream=self.chance.random() < 0.7,
                                   max_tokens=self.chance.randint(1, 60)))
        manner = self.chance.random()
        if manner < 0.2:
            client.reset()
        elif manner < 0.4:
            client.socket.recv(self.chance.randint(1, 4000))
        else:
            self.answers.append(client.read_response().status)
        return manner >= 0.4


class Changes(threading.Thread):
    """Reloads, faults of engines and scrapes, one after the other until it is told to stop."""

    def __init__(self, proxy, engines, server):
        super().__init__(daemon=True)
        self.proxy, self.engines, self.server = proxy, engines, server
        self.chance = random.Random(7)
        self.stopped = threading.Event()
        self.problem = None

    def run(self):
        try:
            while not self.stopped.wait(self.chance.random() * 0.2):
                self.change()
        except (Closed, OSError, AssertionError) as error:
            self.problem = repr(error)

    def change(self):
        faulty = self.chance.choice(self.engines)
        faulty.faults(self.chance.choice(FAULTS))
        self.proxy.write_config(pools=pools(self.engines, self.chance), server=self.server)
        if self.chance.random() < 0.5:
            self.proxy.reload()
        for page in ("/metrics", "/backends", "/readyz"):
            self.proxy.admin(page)
        faulty.faults("{}")


def pools(engines, chance):
    some = chance.sample(engines, chance.randint(2, len(engines)))
    policy = chance.choice(("prefix_load", "least_load", "round_robin", "random"))
    return [config.pool("default", [engine.url for engine in some], POLL, {"policy": policy})]


def turmoil(world, visitors, visits):
    engines = world.mock_engines(5, "--speed", "2000")
    server = {"workers": 3}
    proxy = world.proxy_of(pools=pools(engines, random.Random(1)), server=server)
    changes = Changes(proxy, engines, server)
    crowd = [Visitor(proxy.url, seed, visits) for seed in range(visitors)]

    changes.start()
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    changes.stopped.set()
    changes.join()

    equal(changes.problem, None, "what went wrong with the changes")
    strange = {status for each in crowd for status in each.answers} - KNOWN
    equal(strange, set(), "answers that nobody should get")
    holds(any(200 in each.answers for each in crowd), "nobody was served")
    nothing_is_left(proxy)


def nothing_is_left(proxy):
    """Each request has its line, and what was held for it is given back."""
    for name in ("requests_in_flight", "streams_open", "client_connections", "buffered_bytes",
                 "backend_in_flight"):
        timing.eventually(lambda name=name: proxy.metric(f"penstock_{name}") == 0,
                          f"penstock_{name} to be 0")
    started = int(proxy.metric("penstock_requests_started_total"))
    equal(len(proxy.wait_for_access_lines(started)), started, "access lines")


def test_nothing_is_left_of_clients_that_come_and_go(world):
    turmoil(world, visitors=12, visits=30)


@long_case
def test_nothing_is_left_of_thousands_that_come_and_go(world):
    turmoil(world, visitors=24, visits=400)
