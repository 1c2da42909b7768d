"""A window: both proxies are loaded at once and looked at meanwhile."""

import json
import os
import subprocess
import time

import machine

WARMUP = 1.0
MARGIN = 0.25  # the load's own window is this much longer at each end


class Load:
    """The arguments of bench_client for one proxy's half."""

    def __init__(self, mode, connections, places, body, rate=0, tokens=1_000_000):
        """`places`: exchanges at a time on each connection, over HTTP/2; 0: HTTP/1.1."""
        self.mode, self.connections, self.places = mode, connections, places
        self.exchanges = connections * max(places, 1)
        self.body = body
        self.rest = ["--tokens", tokens] if mode == "streams" else ["--rate", rate]
        self.unit = "tokens" if mode == "streams" else "requests"
        self.delays = "token_delay_us" if mode == "streams" else "latency_us"

    def arguments(self, downstream):
        """`downstream` None: straight at the engines, which speak HTTP/1.1 only."""
        if downstream is None:
            over = ["--connections", self.exchanges]
        else:
            over = ["--connections", self.connections, "--h2", self.places,
                    *downstream.client_arguments()]
        return [str(each) for each in (self.mode, *over, "--body", self.body, *self.rest)]


class Clients:
    """One load generator for each of the ports."""

    def __init__(self, arena, load, seconds, ports=None):
        """`ports`: of engines, without a proxy between."""
        downstream = None if ports else arena.downstream
        ports = ports or [proxy.port for proxy in arena.proxies]
        self._load = load
        self._seconds = seconds + 2 * MARGIN
        self._children = arena.children
        self.started = time.monotonic()
        arguments = load.arguments(downstream)
        arguments += ["--warmup", str(WARMUP), "--seconds", str(self._seconds)]
        self.processes = [
            arena.children.start([arena.client, f"127.0.0.1:{port}", *arguments], arena.load_core,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for port in ports]

    def sleep_until(self, seconds):
        """Seconds after the warm-up and the margin."""
        time.sleep(max(0.0, self.started + WARMUP + MARGIN + seconds - time.monotonic()))

    def results(self):
        """For each, how many a second and their delays. RuntimeError when one failed."""
        found = []
        for process in self.processes:
            try:
                out, errors = process.communicate(timeout=self._seconds + WARMUP + 10)
            except subprocess.TimeoutExpired as late:
                raise RuntimeError("a load generator did not end in time") from late
            if not out:
                raise RuntimeError(f"a load generator failed: {errors.strip()}")
            report = json.loads(out)
            if report["errors"] > 0 or report[self._load.unit] == 0:
                raise RuntimeError(f"answers were not as they should be: {out.strip()}")
            delays = report[self._load.delays]
            found.append({"rate": report[self._load.unit] / self._seconds,
                          "p50": delays["p50"], "p99": delays["p99"]})
        self._children.end(self.processes)
        return found


def foreign_load(before, after, elapsed):
    """Cores' worth of work done by none of the duel's processes, or taken by a hypervisor.

    From the idle time: busy time is sampled, and in step with timers the samples are wrong.
    """
    ours = sum(after["ours"]) - sum(before["ours"])
    idle = after["idle"] - before["idle"]
    return max(0.0, os.cpu_count() - (idle + ours) / elapsed)


def cpu_window(arena, load, seconds, besides=()):
    """For each proxy: CPU microseconds per unit of work, and delays; and the foreign load.

    `besides`: processes that are not foreign, a list of process ids for each.
    """
    clients = Clients(arena, load, seconds)
    clients.sleep_until(0)
    trees = [machine.tree(proxy.process.pid) for proxy in arena.proxies]
    others = [[child.pid] for child in clients.processes + arena.engines] + [[os.getpid()]] + [*besides]

    def snapshot():
        return {"at": time.monotonic(), "idle": machine.idle_seconds(),
                "ours": [machine.cpu_seconds(pids) for pids in trees + others]}

    before = snapshot()
    clients.sleep_until(seconds)
    after = snapshot()
    elapsed = after["at"] - before["at"]
    results = clients.results()
    for index, result in enumerate(results):
        used = (after["ours"][index] - before["ours"][index]) / elapsed
        result["core"] = used
        result["cpu_us"] = used / result["rate"] * 1e6
    return results, foreign_load(before, after, elapsed)


def direct_window(arena, load, seconds):
    """The delays without a proxy, both halves straight at the engines."""
    results = Clients(arena, load, seconds, arena.engine_ports).results()
    return {"p50": sum(result["p50"] for result in results) / len(results),
            "p99": sum(result["p99"] for result in results) / len(results)}


def allocation_window(arena, load, seconds):
    """For each proxy, heap allocations per unit of work."""
    clients = Clients(arena, load, seconds)
    clients.sleep_until(0)
    begun, before = time.monotonic(), [proxy.allocations() for proxy in arena.proxies]
    clients.sleep_until(seconds)
    elapsed, after = time.monotonic() - begun, [proxy.allocations() for proxy in arena.proxies]
    return [(end - begin) / elapsed / result["rate"]
            for begin, end, result in zip(before, after, clients.results())]


def memory_window(arena, load, seconds):
    """For each proxy: growth of resident bytes per open stream."""
    trees = [machine.tree(proxy.process.pid) for proxy in arena.proxies]
    before = [machine.resident_bytes(pids) for pids in trees]
    clients = Clients(arena, load, seconds)
    clients.sleep_until(seconds)
    after = [machine.resident_bytes(pids) for pids in trees]
    clients.results()
    return [(end - begin) / load.exchanges for begin, end in zip(before, after)]
