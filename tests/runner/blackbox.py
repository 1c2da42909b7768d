"""Black-box cases: each file of tests/blackbox/cases runs in a process of its own, two at a time."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from . import processes

FILES_AT_ONCE = 2  # they mostly wait, but a proxy and its engines need the processor too
FILE_LIMIT = 900  # seconds, for all cases of one file
LONG_LIMIT = 3600


def run(options, report):
    run_folder(options.root / "tests" / "blackbox" / "cases", options, report)


def run_folder(folder, options, report, more=()):
    """Every file of cases in `folder`. `more`: words for run_cases.py."""
    binary = options.build / "src" / "app" / "penstock"
    if not binary.exists():
        report.fail("executable", f"{binary} is not built")
        return
    files = sorted(folder.glob("*.py"), key=lambda file: (-file.stat().st_size, file.name))
    with ThreadPoolExecutor(max_workers=FILES_AT_ONCE) as pool:
        words = ["--binary", binary, *more]
        for job in [pool.submit(run_file, file, words, options, report) for file in files]:
            job.result()


def run_file(file, words, options, report):
    command = [sys.executable, options.root / "tests" / "blackbox" / "run_cases.py", file,
               "--slow", options.slow, "--filter", options.filter, *words]
    if options.long:
        command.append("--long")
    limit = (LONG_LIMIT if options.long else FILE_LIMIT) * options.slow
    finished = processes.run(command, limit, cwd=options.root)
    done = False
    for line in finished.output.splitlines():
        if not line.startswith('{"case"'):
            continue
        verdict = json.loads(line)
        done = done or verdict["verdict"] == "end"
        report_case(verdict, report)
    if not done:
        how = "took too long" if finished.timed_out else f"ended with status {finished.status}"
        report.fail(file.stem, f"{how} before its last case:\n{processes.tail(finished.output)}")


def report_case(verdict, report):
    name = verdict["case"]
    if verdict["verdict"] == "passed":
        report.ok(name)
    elif verdict["verdict"] == "skipped":
        report.skip(name, verdict["text"])
    elif verdict["verdict"] == "failed":
        report.fail(name, verdict["text"])
