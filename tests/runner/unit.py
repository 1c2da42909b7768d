"""Unit tests: what Meson has registered with `test()`, GoogleTest binaries counted test by test."""

import json
import os
import pathlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from . import processes


def run(options, report):
    listed = subprocess.run(["meson", "introspect", "--tests", str(options.build)],
                            capture_output=True, text=True, check=True, timeout=120)
    tests = json.loads(listed.stdout)
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        for job in [pool.submit(run_one, test, options, report) for test in tests]:
            job.result()


def run_one(test, options, report):
    if test["protocol"] == "gtest":
        run_gtest(test, options, report)
    elif options.filter in test["name"]:
        finished = processes.run(test["cmd"], limit(test, options), test["workdir"], test["env"])
        judge_whole(test["name"], finished, report)


def limit(test, options):
    return max(60, test["timeout"]) * options.slow


def run_gtest(test, options, report):
    """Runs one binary and reports each of its tests from GoogleTest's JSON."""
    with tempfile.TemporaryDirectory() as room:
        result = pathlib.Path(room) / "result.json"
        command = [*test["cmd"], f"--gtest_output=json:{result}"]
        if options.filter:
            command.append(f"--gtest_filter=*{options.filter}*")
        finished = processes.run(command, limit(test, options), test["workdir"] or room, test["env"])
        if not result.exists() or finished.timed_out:
            judge_whole(test["name"], finished, report, must_fail=True)
            return
        outcome = json.loads(result.read_text(encoding="utf-8", errors="replace"))
    failed = report_cases(outcome, report)
    if finished.status != 0 and not failed:
        judge_whole(test["name"], finished, report, must_fail=True)


def report_cases(outcome, report):
    """Reports every case of a result; true when one failed."""
    failed = False
    for suite in outcome["testsuites"]:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case.get("failures"):
                failed = True
                report.fail(name, "\n".join(each["failure"] for each in case["failures"]))
            elif case.get("result") == "SKIPPED" or case.get("skipped"):
                report.skip(name, "says itself that it cannot run here")
            elif case.get("status") == "RUN":
                report.ok(name)
    return failed


def judge_whole(name, finished, report, must_fail=False):
    if finished.status == 0 and not must_fail:
        report.ok(name)
        return
    how = "took too long" if finished.timed_out else f"ended with status {finished.status}"
    report.fail(name, f"{how}; the end of its output:\n{processes.tail(finished.output)}")
