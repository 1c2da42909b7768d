"""A running proxy, its clients, its admin pages, its access lines."""

import json
import os
import re
import signal

from . import config, timing
from .client import Client
from .exchanges import AnyClient
from .h2_client import H2Client
from .program import Program

METRIC = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Proxy(Program):
    def __init__(self, world, name, environment=None, **tables):
        self.pair = world.pair
        self.access_path = world.room / f"{name}.access"
        self.config_path = world.room / f"{name}.toml"
        self.tables = tables
        self.write_config(**tables)
        super().__init__([world.binary, "run", "-c", self.config_path], world.room, name,
                         environment)
        count = len(tables.get("listeners", ("one",)))
        self.urls = self.wait_for_addresses("listening", count)
        self.url = self.urls[0]
        self.admin_url = self.wait_for_addresses("admin pages")[0]

    def write_config(self, **tables):
        """Replaces the file as an editor does: a new file, then a rename."""
        tables = {**tables, "log": {"access_file": str(self.access_path), **tables.get("log", {})}}
        self.write_text(config.document(**self.pair.tables(**tables)))

    def write_text(self, text):
        fresh = self.config_path.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, self.config_path)

    def connect(self, **more):
        """A client of HTTP/1.1 whose bytes the case says."""
        return Client(self.url, **{"tls": self.pair.client_context(), **more})

    def connect_h2(self, **more):
        """One of HTTP/2 whose frames the case says."""
        return H2Client(self.url, **{"tls": self.pair.client_context(), **more})

    def client(self, **more):
        """One that speaks what the pair says."""
        return AnyClient(self.url, self.pair, **more)

    def start(self, *words, **more):
        """A request on a connection of its own; returns its exchange."""
        return self.client().start(*words, **more)

    def post_chat(self, text="Hello", fields=(), **more):
        return self.client().post_chat(text, fields, **more)

    def ask(self, *words, **more):
        """A whole exchange on a connection of its own."""
        client = self.client()
        try:
            return client.ask(*words, **more)
        finally:
            client.close()

    def chat(self, text="Hello", fields=(), **more):
        client = self.client()
        try:
            return client.chat(text, fields, **more)
        finally:
            client.close()

    def get(self, target, fields=()):
        return self.ask("GET", target, fields)

    def admin(self, target):
        client = Client(self.admin_url)
        try:
            return client.get(target)
        finally:
            client.close()

    def metrics(self):
        """[(name, labels, value)] of the exposition."""
        samples = []
        for line in self.admin("/metrics").body.decode().splitlines():
            match = METRIC.match(line)
            if match:
                labels = dict(LABEL.findall(match.group(2) or ""))
                samples.append((match.group(1), labels, float(match.group(3))))
        return samples

    def metric(self, name, **labels):
        """The sum of a metric's samples with these labels; 0 when there is none."""
        return sum(value for sample, has, value in self.metrics()
                   if sample == name and labels.items() <= has.items())

    def wait_for_metric(self, name, least, **labels):
        timing.eventually(lambda: self.metric(name, **labels) >= least,
                          f"{name}{labels or ''} to reach {least}")

    def backends(self):
        """/backends as a list of tables."""
        page = self.admin("/backends").json()
        return page["backends"] if isinstance(page, dict) else page

    def wait_until_healthy(self, count):
        timing.eventually(
            lambda: sum(each.get("health") == "healthy" for each in self.backends()) >= count,
            f"{count} healthy backends")

    def wait_until_unhealthy(self, count):
        timing.eventually(
            lambda: sum(each.get("health") == "unhealthy" for each in self.backends()) >= count,
            f"{count} unhealthy backends")

    def access_lines(self):
        if not self.access_path.exists():
            return []
        # A line ends with a newline only: other separators may stand in a value. What comes after
        # the last of them is a line that is still being written: a large write appears by pages.
        return [json.loads(line) for line in self.access_path.read_text().split("\n")[:-1]]

    def wait_for_access_lines(self, count):
        return timing.eventually(
            lambda: len(self.access_lines()) >= count and self.access_lines(),
            f"{count} access lines")

    def reload(self):
        self.signal(signal.SIGHUP)

    def reloads(self):
        """How many reloads were tried, good or bad."""
        return self.metric("penstock_config_reloads_total")

    def reloads_by(self, result):
        return self.metric("penstock_config_reloads_total", result=result)

    def last_words(self):
        access = self.access_path.read_text().splitlines()[-5:] if self.access_path.exists() else []
        return super().last_words() + "\n--- its last access lines:\n" + "\n".join(access)
