"""Runs `penstock simulate` over all cases and says where another policy is ahead of the default."""

import argparse
import json
import os
import pathlib
import sys

import cases
import children
import markdown
import program
import simulate
import sweep
import terminal
import verdict

BEHIND = 3


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench-routing", description="All policies on all workloads, simulated with paired "
        "seeds, and where another one is better than the default policy beyond chance.",
        epilog="Exit status: 0 nowhere behind in TTFT p90 or goodput, 3 somewhere behind, 1 it "
               "could not be measured, 2 wrong arguments. See bench/README.md.")
    parser.add_argument("--penstock", default="build/penstock", metavar="PATH")
    parser.add_argument("--trace", metavar="FILE", help="in Mooncake's format; without it only "
                        "the built-in workloads are run")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--requests", type=int, default=20_000, help="of each workload")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--replicas", action="store_true",
                      help="instead: what several proxies without shared state lose")
    what.add_argument("--tuned", action="store_true",
                      help="instead: the default policy beside its peers with all their settings")
    parser.add_argument("--only", metavar="TRAFFIC", action="append", default=[],
                        help="cases of this workload, or trace; may be repeated")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N",
                        help="cases at a time, default one for each core")
    parser.add_argument("--json", metavar="FILE", help="write every answer there, after each case")
    parser.add_argument("--table", metavar="FILE", help="write the whole table there, in Markdown")
    chosen = parser.parse_args()
    if chosen.seeds < 2:
        parser.error("differences of paired runs need at least 2 seeds")
    if min(chosen.jobs, chosen.requests) < 1:
        parser.error("numbers must be positive")
    try:
        chosen.cases = cases.wanted(chosen.replicas, chosen.trace, chosen.only)
    except ValueError as error:
        parser.error(str(error))
    return chosen


def write(path, text):
    """So that nobody sees a part of it, also when this ends early."""
    new = pathlib.Path(f"{path}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def measure(chosen):
    policies = sweep.policies() if chosen.tuned else "all"
    if chosen.table:
        open(chosen.table, "a", encoding="utf-8").close()  # writable now, not only at the end
    answers = {}
    print(terminal.head(chosen), flush=True)
    with children.Children() as started:
        for case, answer in simulate.answers(chosen, policies, chosen.cases, started):
            answers[case] = answer
            print(terminal.line(chosen, case, answer), flush=True)
            if chosen.json:
                write(chosen.json, json.dumps({str(each): told for each, told in answers.items()},
                                              indent=1))
    print("", *terminal.end(chosen, answers), sep="\n")
    if chosen.table:
        write(chosen.table, markdown.document(chosen, answers))
    return BEHIND if verdict.behind(answers) else 0


def main():
    chosen = arguments()
    return program.run("bench-routing", lambda: measure(chosen), chosen.json)


if __name__ == "__main__":
    sys.exit(main())
