"""All actors of one case; whatever it started ends with it."""

import pathlib
import shutil
import tempfile

from . import checkers, config, timing
from .client import Client
from .engine import ScriptedEngine
from .exchanges import AnyClient
from .frame_engine import FrameEngine
from .llama_server import LlamaServer
from .pairs import PLAIN
from .program import Program
from .proxy import Proxy


class MockEngine:
    """One simulated engine of a `penstock engine` process."""

    def __init__(self, name, url):
        self.name = name
        self.url = url

    def faults(self, body):
        """Sets faults, as JSON text."""
        client = Client(self.url)
        request = (f"POST /mock/faults HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n{body}")
        response = client.ask(request.encode())
        client.close()
        if response.status not in (200, 204):
            raise AssertionError(f"faults were refused: {response.status} {response.body!r}")

    def seen(self):
        """The requests it has seen, oldest first."""
        client = Client(self.url)
        try:
            page = client.get("/mock/log").json()
        finally:
            client.close()
        return page["requests"] if isinstance(page, dict) else page


class World:
    def __init__(self, binary, long=False, real_engines=None, pair=PLAIN):
        self.binary = binary
        self.pair = pair  # what its clients and engines speak
        self.long = long
        self.real_engines = real_engines  # a folder with llama-server and model.gguf
        self.room = pathlib.Path(tempfile.mkdtemp(prefix="penstock-case-"))
        self.programs = []
        self.engines = []

    def memory(self, size):
        """`size` bytes, or as many as they become under the checkers that are built in."""
        return size * checkers.memory_factor(self.binary)

    def engine(self, **more):
        engine = ScriptedEngine(f"{len(self.engines) + 1}",
                                **{"tls": self.pair.engine_context(), **more})
        self.engines.append(engine)
        return engine

    def answering(self, count):
        """Engines that answer every request with their names."""
        engines = [self.engine() for _ in range(count)]
        for engine in engines:
            engine.answer_all(engine.name.encode())
        return engines

    def frame_engine(self, **more):
        """One that speaks HTTP/2 frames: for a pool with `protocol = "h2c"`."""
        engine = FrameEngine(**more)
        self.engines.append(engine)
        return engine

    def mock_engines(self, count, *flags):
        """Simulated engines of one process."""
        program = self.run("engine", "--count", count, "--listen", "127.0.0.1:0", *flags)
        found = []
        for _ in range(count):
            name, url = program.wait_for_line("engine ").split()
            found.append(MockEngine(name, url))
        return found

    def llama_server(self, *flags, **more):
        """A real llama-server with these flags (see harness/llama_server.py)."""
        name = f"llama-server-{len(self.programs) + 1}"
        server = LlamaServer(self, name, flags=flags, **more)
        self.programs.append(server)
        server.wait_until_ready()
        return server

    def llama_proxy(self, *servers, pool=None, metrics_interval="50ms", **tables):
        """A proxy of llama-servers that has seen their health and models. It asks for metrics more
        often than by default, which `metrics_interval=None` leaves as it is."""
        poll = {"health_interval": "100ms", "models_interval": "100ms"}
        if metrics_interval:
            poll["metrics_interval"] = metrics_interval
        proxy = self.proxy(*servers, poll=poll, **tables,
                           pool={"engine": "llamacpp", "models": [], **(pool or {})})
        proxy.wait_until_healthy(len(servers))
        timing.eventually(lambda: all(each["models_listed"] for each in proxy.backends()),
                          "the lists of models")
        return proxy

    def proxy(self, *engines, poll=None, balance=None, pool=None, **tables):
        """A proxy with one pool of these engines. `pool`: more options of that pool."""
        backends = [each if isinstance(each, (str, dict)) else each.url for each in engines]
        one = config.pool("default", backends, poll, balance, **(pool or {}))
        return self.proxy_of(pools=[one], **tables)

    def proxy_of(self, **tables):
        """A proxy with these tables (see harness/config.py), or `environment`."""
        proxy = Proxy(self, f"proxy-{len(self.programs) + 1}", **tables)
        self.programs.append(proxy)
        return proxy

    def client(self, url, **more):
        """A client of whoever listens there (see harness/exchanges.py)."""
        return AnyClient(url, self.pair, **more)

    def run(self, *words, environment=None):
        """`penstock WORDS…` in the background."""
        program = Program([self.binary, *words], self.room, f"{words[0]}-{len(self.programs) + 1}",
                          environment)
        self.programs.append(program)
        return program

    def next_request(self, *engines):
        """The next request that reaches any of these engines: (engine, request)."""
        def look():
            return next((engine for engine in engines if not engine.queue.empty()), None)
        engine = timing.eventually(look, "a request at any engine")
        return engine, engine.next_request()

    def last_words(self):
        return "\n".join(program.last_words() for program in self.programs)

    def end(self):
        """Ends all; what the programs did wrong, as sentences."""
        faults = [fault for program in self.programs for fault in program.end()]
        for engine in self.engines:
            engine.close()
        shutil.rmtree(self.room, ignore_errors=True)
        return faults
