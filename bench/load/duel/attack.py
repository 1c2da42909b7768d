"""What a well-behaved client notices while another reconnects and floods, by HTTP/2."""

import json
import pathlib
import statistics
import subprocess
import sys

import machine
import report
import windows

ATTACKER = pathlib.Path(__file__).with_name("attacker.py")
SMALL = 2_048
RATE = 1_000          # of the well-behaved client, a second
CONNECTIONS, PLACES = 10, 50


class Trial:
    """Windows by turns without and with the attacker, before the same proxy."""

    def __init__(self, chosen, side, arena):
        self.chosen, self.side, self.arena = chosen, side, arena
        self.load = windows.Load("requests", CONNECTIONS, PLACES, SMALL, RATE)
        self.quiet, self.attacked, self.attackers, self.foreign = [], [], [], []
        self.patience = chosen.patience

    def run(self):
        self.arena.start_engines(20)
        for number in range(self.chosen.rounds):
            self.arena.start_proxies([self.side])
            # By turns the one first and the other: what an attack leaves behind counts too.
            for hostile in (False, True) if number % 2 == 0 else (True, False):
                (self.attacked if hostile else self.quiet).append(self.window(hostile))
            self.tell_round(number)
        self.tell()
        return 0

    def window(self, hostile):
        """What came of the quietest of as many as there is patience for."""
        best = self.measure(hostile)
        while best["foreign"] > report.QUIET and self.patience > 0:
            self.patience -= windows.WARMUP + self.chosen.seconds
            best = min(best, self.measure(hostile), key=lambda window: window["foreign"])
        if hostile:
            self.attackers.append(best["attacker"])
        self.foreign.append(best["foreign"])
        return best

    def measure(self, hostile):
        attacker = self.start_attacker() if hostile else None
        others = [[attacker.pid]] if attacker else []
        results, foreign = windows.cpu_window(self.arena, self.load, self.chosen.seconds, others)
        found = results[0] | {"foreign": foreign}
        if attacker:
            said, _ = attacker.communicate(timeout=20)
            found["attacker"] = json.loads(said)
        return found

    def start_attacker(self):
        proxy = self.arena.proxies[0]
        seconds = windows.WARMUP + 2 * windows.MARGIN + self.chosen.seconds
        arguments = [sys.executable, str(ATTACKER), str(proxy.port), str(seconds)]
        if self.arena.downstream.certificate:
            arguments.append(str(self.arena.downstream.certificate))
        return self.arena.children.start(arguments, self.arena.load_core, stdout=subprocess.PIPE,
                                         text=True)

    def tell_round(self, number):
        quiet, attacked = self.quiet[-1], self.attacked[-1]
        print(f"round {number + 1}/{self.chosen.rounds}: p99 {quiet['p99']:.0f} us undisturbed, "
              f"{attacked['p99']:.0f} us attacked; foreign load {max(self.foreign[-2:]):.2f} cores",
              file=sys.stderr, flush=True)

    def tell(self):
        samples = {key: [(attacked[key], quiet[key])
                         for attacked, quiet in zip(self.attacked, self.quiet)]
                   for key in ("p50", "p99", "core")}
        print(f"{'':34}{'attacked':>13}{'undisturbed':>13}   ratio [min..max]")
        for key, title in (("p50", "2 KB request p50, us"), ("p99", "2 KB request p99, us"),
                           ("core", "CPU of the proxy, cores")):
            found = report.summary(samples[key])
            print(f"{title:34}{report.number(found['subject']):>13}"
                  f"{report.number(found['against']):>13}   {found['ratio']:.3f} "
                  f"[{found['min']:.3f}..{found['max']:.3f}]")
        self.tell_attackers()
        print(f"\nmachine: {machine.describe()}; {self.side.version}")
        print(f"{self.chosen.rounds} rounds, windows of {self.chosen.seconds:g} s, {RATE} requests "
              f"a second; {report.foreign_line(self.foreign)}")
        if self.chosen.json:
            self.write(samples)

    def tell_attackers(self):
        total = {key: sum(each[key] for each in self.attackers)
                 for key in ("connections", "refused", "stopped")}
        after = [each["stopped_after_ms"] for each in self.attackers if each["stopped_after_ms"]]
        taken = f" after {statistics.median(after):.1f} ms (median)" if after else ""
        print(f"\nattacker: {total['connections']} connections, {total['stopped']} of them told to "
              f"go or closed{taken}, {total['refused']} not accepted")

    def write(self, samples):
        with open(self.chosen.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine.describe(), "version": self.side.version,
                       "rounds": self.chosen.rounds, "seconds": self.chosen.seconds, "rate": RATE,
                       "foreign_cores": self.foreign, "attackers": self.attackers,
                       "samples": samples}, file, indent=2)
            file.write("\n")
