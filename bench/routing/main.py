"""Runs `penstock simulate` over all cases and says where the default policy is not the best."""

import argparse
import json
import pathlib
import subprocess
import sys

import cases
import verdict


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="bench-routing", description="All policies on all workloads, simulated with paired "
        "seeds, and for each case whether the default policy is significantly worse than the best.")
    parser.add_argument("--penstock", default="build/penstock", metavar="PATH")
    parser.add_argument("--trace", metavar="FILE", help="in Mooncake's format; without it only "
                        "the built-in workloads are run")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--requests", type=int, default=20_000, help="of each workload")
    parser.add_argument("--replicas", action="store_true",
                        help="instead: what several proxies without shared state lose")
    parser.add_argument("--only", metavar="TRAFFIC", action="append",
                        help="cases of this workload, or trace; may be repeated")
    parser.add_argument("--json", metavar="FILE", help="write every answer there")
    return parser.parse_args()


def simulate(chosen, case):
    command = [chosen.penstock, "simulate", "--json", "--policy", ",".join(cases.POLICIES),
               "--seeds", str(chosen.seeds), "--engines", str(case.engines),
               "--speed", str(case.speed), "--replicas", str(case.replicas)]
    if case.traffic == "trace":
        command += ["--trace", chosen.trace]
    else:
        command += ["--workload", case.traffic, "--requests", str(chosen.requests)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def wanted(chosen):
    every = cases.REPLICAS if chosen.replicas else cases.TRACE + cases.WORKLOADS
    return [case for case in every
            if (chosen.trace or case.traffic != "trace")
            and (not chosen.only or case.traffic in chosen.only)]


def main():
    chosen = parse_arguments()
    if chosen.seeds < 2:
        sys.exit("bench-routing: differences of paired runs need at least 2 seeds")
    answers, behind = {}, []
    print(verdict.HEAD, flush=True)
    for case in wanted(chosen):
        answer = simulate(chosen, case)
        answers[str(case)] = answer
        told = verdict.of(answer)
        print(told.line(case), flush=True)
        behind += [f"{case}: {each}" for each in told.behind]
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(answers, indent=1), encoding="utf-8")
    print()
    print("\n".join(["Significantly behind the best (95 %, paired seeds):", *behind])
          if behind else "Nowhere significantly behind the best (95 %, paired seeds).")


main()
