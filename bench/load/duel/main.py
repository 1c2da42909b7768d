"""Penstock beside another proxy: at the same time, on the same core, before the same engines."""

import argparse
import os
import statistics
import sys
import tempfile
import time

import arena as arenas
import attack
import children
import machine
import options
import program
import proxies
import report
import syscalls
import windows

SMALL, LARGE = 2_048, 32_768
H2_CONNECTIONS = 20  # of both together
IDLE_INTERVAL_MS = 1_000
IDLE_SECONDS = 3  # a first token of each stream, and time to come to rest
LIGHT = 25        # strace slows every call down: of streams, what it can still follow


class Side:
    """A proxy as it is named in the duel. `place` 0 is the subject."""

    def __init__(self, place, kind, penstock):
        self.place, self.kind = place, kind
        self.executable = proxies.find(kind, penstock)
        self.version = proxies.version(kind, self.executable)


def loads(chosen):
    half = (H2_CONNECTIONS // 2, chosen.streams // H2_CONNECTIONS) if chosen.h2 else None
    streams, requests = half or (chosen.streams // 2, 0), half or (64, 0)
    every = {"chunk": windows.Load("streams", *streams, SMALL),
             "small": windows.Load("requests", *requests, SMALL, chosen.rate_small / 2),
             "large": windows.Load("requests", *requests, LARGE, chosen.rate_large / 2)}
    return {name: load for name, load in every.items() if name in (chosen.only or every)}


class Duel:
    """Collects samples: for each figure a list of pairs, the subject's first."""

    def __init__(self, chosen, sides, arena):
        self.chosen, self.sides, self.arena = chosen, sides, arena
        self.samples = {key: [] for key, *_ in report.FIGURES}
        self.foreign = []
        self.patience = chosen.patience
        self.counter = None  # of system calls

    def add(self, key, values):
        self.samples[key].append(tuple(values))

    def run(self):
        self.arena.start_engines(20)
        for number in range(self.chosen.rounds):
            self.arena.end_proxies()
            direct = self.direct_window()
            # Who comes first changes, should it matter.
            self.arena.start_proxies(self.sides if number % 2 == 0 else self.sides[::-1])
            self.round(direct)
            self.tell_round(number)
        if self.chosen.only:
            return
        self.count_calls()
        self.count_allocations()
        self.weigh_streams()

    def tell_round(self, number):
        names = loads(self.chosen)
        ratios = [mine / other for mine, other in (self.samples[f"{name}_cpu"][-1]
                                                   for name in names)]
        told = ", ".join(f"{name} {ratio:.3f}" for name, ratio in zip(names, ratios))
        print(f"round {number + 1}/{self.chosen.rounds}: CPU {told}; foreign load "
              f"{max(self.foreign[-len(names):]):.2f} cores", file=sys.stderr, flush=True)

    def direct_window(self):
        streams = loads(self.chosen).get("chunk")
        return streams and windows.direct_window(self.arena, streams, self.chosen.seconds)

    def round(self, direct):
        for name, load in loads(self.chosen).items():
            results, foreign = self.quiet_window(load)
            self.foreign.append(foreign)
            self.add(f"{name}_cpu", [result["cpu_us"] for result in results])
            if name == "large":
                continue
            for quantile in ("p50", "p99"):
                self.add(f"{name}_{quantile}", [result[quantile] for result in results])
                if name == "chunk":
                    self.add(f"chunk_added_{quantile}",
                             [max(0.0, result[quantile] - direct[quantile]) for result in results])

    def quiet_window(self, load):
        """The quietest of as many windows as there is patience for, or the first quiet one."""
        best = windows.cpu_window(self.arena, load, self.chosen.seconds)
        while best[1] > report.QUIET and self.patience > 0:
            begun = time.monotonic()
            again = windows.cpu_window(self.arena, load, self.chosen.seconds)
            best = min(best, again, key=lambda window: window[1])
            self.patience -= time.monotonic() - begun
        return best

    def count_calls(self):
        tool = self.counter = syscalls.counter()
        if tool is None:
            print("system calls are not counted: neither perf nor strace works here",
                  file=sys.stderr)
            return
        self.arena.start_proxies(self.sides)
        chosen = self.chosen
        if tool == "strace":
            chosen = argparse.Namespace(**vars(chosen))
            chosen.streams, chosen.rate_small, chosen.rate_large = 2 * LIGHT, 500, 300
        for name, load in loads(chosen).items():
            self.add(f"{name}_calls",
                     syscalls.window(self.arena, load, min(self.chosen.seconds, 4), tool))

    def count_allocations(self):
        library = self.chosen.tools.resolve() / "bench_allocations.so"
        if not library.exists():
            print(f"allocations are not counted: {library} is missing", file=sys.stderr)
            return
        self.arena.start_proxies(self.sides, library)
        for name, load in loads(self.chosen).items():
            self.add(f"{name}_allocations",
                     windows.allocation_window(self.arena, load, min(self.chosen.seconds, 4)))

    def weigh_streams(self):
        self.arena.start_engines(IDLE_INTERVAL_MS)
        self.arena.start_proxies(self.sides)
        each = self.chosen.memory_streams
        streams = (H2_CONNECTIONS, each // H2_CONNECTIONS) if self.chosen.h2 else (each, 0)
        load = windows.Load("streams", *streams, SMALL)
        self.add("stream_memory", windows.memory_window(self.arena, load, IDLE_SECONDS))


def duel(chosen):
    subject = chosen.against if chosen.self_test else chosen.subject
    sides = [Side(0, subject, chosen.penstock),
             Side(1, "penstock" if chosen.before else chosen.against,
                  chosen.before or chosen.penstock)]
    tools = arenas.find_tools(chosen.tools)
    cores = machine.two_cores()
    children.allow_many_files()
    os.sched_setaffinity(0, {cores[1]})
    os.nice(chosen.nice)  # the children inherit it
    with tempfile.TemporaryDirectory(prefix="bench-proxy-") as room:
        certificate = proxies.make_certificate(room) if chosen.tls else None
        downstream = proxies.Downstream(chosen.h2, certificate)
        with children.Children() as started:
            arena = arenas.Arena(started, tools, cores, room, downstream)
            if chosen.attack:
                return attack.Trial(chosen, sides[0], arena).run()
            fight = Duel(chosen, sides, arena)
            fight.run()
    tell(chosen, fight, cores)
    return 0


def tell(chosen, fight, cores):
    names = [side.kind for side in fight.sides]
    if names[0] == names[1]:
        names = [f"{names[0]} (1)", f"{names[1]} (2)"]
    gates = report.gates(names, chosen.h2)
    print(report.table(names, fight.samples, gates if report.quiet(fight.foreign) else {}))
    print(f"\nmachine: {machine.describe()}; proxies on core {cores[0]}, load on core {cores[1]}")
    print(f"proxies: {'; '.join(side.version for side in fight.sides)}")
    if fight.counter:
        load = "under the whole load" if fight.counter == "perf" else "at a light load"
        print(f"system calls: counted by {fight.counter} {load}")
    print(f"clients: HTTP/{2 if chosen.h2 else 1.1}{' over TLS' if chosen.tls else ''}")
    print(f"{chosen.rounds} rounds, windows of {chosen.seconds:g} s; "
          + report.foreign_line(fight.foreign))
    if chosen.json:
        header = {"system_calls_by": fight.counter, "machine": machine.describe(),
                  "names": names, "versions": [side.version for side in fight.sides],
                  "rounds": chosen.rounds, "nice": chosen.nice, "seconds": chosen.seconds,
                  "streams": chosen.streams, "h2": chosen.h2, "tls": chosen.tls,
                  "median_foreign_cores": statistics.median(fight.foreign)}
        report.write_json(chosen.json, header, fight.samples, fight.foreign, gates)


def main():
    chosen = options.chosen()
    return program.run("bench-proxy", lambda: duel(chosen), chosen.json)


if __name__ == "__main__":
    sys.exit(main())
