"""The engines and the two proxies, up and answering."""

import os
import pathlib
import socket
import subprocess
import sys
import time

import proxies
import windows

READY_SECONDS = 20


def find_tools(directory):
    """bench_engine and bench_client, or RuntimeError with how to build them."""
    tools = [directory / name for name in ("bench_engine", "bench_client")]
    for tool in tools:
        if not os.access(tool, os.X_OK):
            raise RuntimeError(
                f"{tool} is missing; build it with:\n"
                "  meson setup build-bench -Dbuildtype=release -Dbench=true -Dtests=false\n"
                "  ninja -C build-bench bench/load/bench_engine bench/load/bench_client "
                "bench/load/bench_allocations.so")
    return [str(tool) for tool in tools]


class Proxy:
    """One side of the duel."""

    def __init__(self, side, ports, process, count):
        self.side, self.process, self._count = side, process, count
        self.port, self.admin_port = ports

    def allocations(self):
        """Since its start, when it was started with the library that counts them."""
        return int.from_bytes(self._count.read_bytes(), sys.byteorder)


class Arena:
    """Two engines for as long as it lives, and proxies that may be started anew."""

    def __init__(self, children, tools, cores, room, downstream=proxies.Downstream()):
        self.children, self.downstream = children, downstream
        self.engine_tool, self.client = tools
        self.proxy_core, self.load_core = cores
        self.engines, self.engine_ports, self.proxies = [], [], []
        self._room = pathlib.Path(room)
        self._starts = 0

    def start_engines(self, interval_ms):
        self.children.end(self.engines)
        self.engine_ports = free_ports(2)
        self.engines = [
            self.children.start([self.engine_tool, f"127.0.0.1:{port}",
                                 "--interval-ms", str(interval_ms)], self.load_core)
            for port in self.engine_ports]
        for engine, port in zip(self.engines, self.engine_ports):
            self.await_answer("bench_engine", engine, port)

    def end_proxies(self):
        self.children.end([proxy.process for proxy in self.proxies])
        self.proxies = []

    def start_proxies(self, sides, preload=None):
        """Ends those before. Each start may come out otherwise, so each round has its own.

        `preload`: a library that counts allocations into Proxy.allocations.
        """
        self.end_proxies()
        for side in sides:
            self._starts += 1
            room = self._room / str(self._starts)
            ports = free_ports(2)
            command = proxies.command(side.kind, side.executable, room, ports, self.engine_ports,
                                      self.downstream)
            count, variables = room / "allocations", dict(os.environ)
            if preload:
                count.write_bytes(bytes(8))
                variables |= {"LD_PRELOAD": str(preload), "BENCH_ALLOCATIONS": str(count)}
            with open(room / "log", "wb") as log:
                process = self.children.start(command, self.proxy_core, stdout=log, stderr=log,
                                              env=variables)
            self.proxies.append(Proxy(side, ports, process, count))
            self.await_answer(side.kind, process, ports[0], room / "log", self.downstream)
        # The first side of `sides` is not always the subject: what is measured is.
        self.proxies.sort(key=lambda proxy: proxy.side.place)

    def await_answer(self, name, process, port, log=None, downstream=None):
        """Until a request is answered with 200."""
        once = windows.Load("requests", 1, 1 if downstream and downstream.h2 else 0, 512)
        command = [self.client, f"127.0.0.1:{port}", *once.arguments(downstream),
                   "--requests", "1", "--seconds", "2", "--warmup", "0"]
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and process.poll() is None:
            asked = subprocess.run(command, capture_output=True, timeout=10, check=False)
            if asked.returncode == 0:
                return
            time.sleep(0.05)
        said = log.read_text(errors="replace")[-1000:] if log else ""
        raise RuntimeError(f"{name} did not answer within {READY_SECONDS} s\n{said}".strip())


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
