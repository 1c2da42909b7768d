"""A running llama-server, which is a real engine: for the cases of tests/engines."""

import re

from . import timing
from .cases import Skip
from .client import Client
from .program import Program

MODEL = "demo-model"  # what it calls the synthetic model
SLOTS = 2  # requests it works on at a time
SLOT_TOKENS = 8192  # of prompt and answer, for each slot
LISTENING = re.compile(r"listening on (http://[\d.]+:\d+)")


class LlamaServer(Program):
    """Listens on a free port of loopback, or on the unix socket `socket`."""

    def __init__(self, world, name, flags=(), socket=None, metrics=True):
        folder = world.real_engines
        if not folder:
            raise Skip("it needs a real engine: scripts/test --engines")
        where = ["--host", socket] if socket else ["--host", "127.0.0.1", "--port", "0"]
        self.socket = socket
        self.url = f"unix:{socket}"  # unless it has a port, which it tells later
        super().__init__(
            [folder / "llama-server", "--model", folder / "model.gguf", "--alias", MODEL, *where,
             "--ctx-size", SLOTS * SLOT_TOKENS, "--parallel", SLOTS, "--threads", 1, "--slots",
             *(["--metrics"] if metrics else []), *flags],
            world.room, name, environment={"LLAMA_CACHE": str(world.room)})

    def wait_until_ready(self):
        """Waits until it has loaded the model; from then on `url` is known."""
        if not self.socket:
            self.url = self._wait(lambda: LISTENING.search(self.log()), "its address").group(1)
        self._wait(self._loaded, "the model")

    def _loaded(self):
        try:
            return self.get("/health").status == 200
        except OSError:  # it does not listen yet
            return False

    def _wait(self, condition, what):
        def look():
            if not self.running():
                raise AssertionError(f"{self.name} ended before {what} was there:\n{self.log()}")
            return condition()
        return timing.eventually(look, f"{self.name}: {what}")

    def connect(self):
        """A client of its own, past the proxy."""
        return Client(self.url)

    def get(self, target):
        client = self.connect()
        try:
            return client.get(target)
        finally:
            client.close()

    def busy_slots(self):
        return sum(slot["is_processing"] for slot in self.get("/slots").json())

    def metric(self, name):
        """A value of its own /metrics."""
        text = self.get("/metrics").body.decode()
        return float(re.search(rf"^llamacpp:{name} (\S+)$", text, re.MULTILINE).group(1))

    def wait_until_idle(self):
        """Asks rarely: for each question it puts off by a second to look whether clients are there."""
        timing.eventually(lambda: self.busy_slots() == 0, f"{self.name}: all slots to be idle",
                          every=timing.limit(3))
