"""Runs of `penstock simulate`, several at a time."""

import json
import sys
import tempfile
import time


def command(chosen, policies, case):
    traffic = (["--trace", chosen.trace] if case.traffic == "trace" else
               ["--workload", case.traffic, "--requests", str(chosen.requests)])
    return [chosen.penstock, "simulate", "--json", "--policy", policies,
            "--seeds", str(chosen.seeds), "--engines", str(case.engines),
            "--speed", f"{case.speed:g}", "--replicas", str(case.replicas), *case.trouble, *traffic]


def answers(chosen, policies, cases, started):
    """(case, answer) in the order of the cases. `started`: ends what runs when it goes."""
    runs = []
    for case in cases:
        while sum(each.is_running() for each in runs) >= chosen.jobs:
            time.sleep(0.05)
        runs.append(Run(case, command(chosen, policies, case), started))
        while runs and not runs[0].is_running():
            yield runs.pop(0).answer()
    for each in runs:
        yield each.answer()


class Run:
    """One case. What it complains of is told when it has ended: others run beside it."""

    def __init__(self, case, words, started):
        self._case = case
        self._out, self._errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self._process = started.start(words, None, stdout=self._out, stderr=self._errors)

    def is_running(self):
        return self._process.poll() is None

    def answer(self):
        self._process.wait()
        with self._out as out, self._errors as errors:
            errors.seek(0)
            complaint = errors.read().decode(errors="replace")
            if self._process.returncode != 0:
                raise RuntimeError(f"{self._case}: penstock simulate ended with "
                                   f"{self._process.returncode}\n{complaint}".strip())
            sys.stderr.write(complaint)
            out.seek(0)
            return self._case, json.load(out)
