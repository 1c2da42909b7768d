"""Does the simulator tell the truth? The same requests, simulated and replayed through a proxy
before simulated engines in real time, with each policy: both must rank the policies alike."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import children
import fleet
import machine
import program
import replay
import traffic
import verdict

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICIES = ("prefix_load", "prefix_hash", "least_load", "power_of_two", "round_robin", "random")
LEAST_CORRELATION = 0.8
GAP = 0.10
ANSWER_SECONDS = 60  # that one answer may take
DIFFERENT = 3


def arguments():
    parser = argparse.ArgumentParser(
        prog="live-check", description=__doc__,
        epilog="Exit status: 0 the rankings agree, 3 they do not, 1 it could not be measured, "
               "2 wrong arguments. See bench/README.md.")
    parser.add_argument("--penstock", default=ROOT / "build" / "penstock", metavar="PATH")
    parser.add_argument("--policies", default=",".join(POLICIES), metavar="LIST")
    parser.add_argument("--engines", type=int, default=8, metavar="N")
    parser.add_argument("--requests", type=int, default=600, metavar="N")
    parser.add_argument("--rate", type=float, default=12, metavar="N",
                        help="requests a second, of all engines together")
    parser.add_argument("--hurry", type=float, default=5, metavar="N",
                        help="conversations go on, and answers are, so many times faster and "
                             "shorter than the workload's")
    parser.add_argument("--seed", type=int, default=1, help="of the workload")
    parser.add_argument("--seeds", type=int, default=5, help="simulated runs of each policy")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    engine = parser.add_argument_group("engines")
    engine.add_argument("--prefill-rate", type=float, default=6_000, metavar="N")
    engine.add_argument("--decode-step-ms", type=int, default=20, metavar="N")
    engine.add_argument("--decode-growth", type=float, default=0.01, metavar="N")
    engine.add_argument("--max-running", type=int, default=64, metavar="N")
    engine.add_argument("--kv-tokens", type=int, default=32_000, metavar="N")
    chosen = parser.parse_args()
    chosen.policies = chosen.policies.split(",")
    if min(chosen.engines, chosen.requests, chosen.rate, chosen.hurry, chosen.seeds) <= 0:
        parser.error("numbers must be positive")
    return chosen


def simulate(chosen, trace):
    """Policy -> its figures."""
    command = [chosen.penstock, "simulate", "--trace", trace, "--json",
               "--policy", ",".join(chosen.policies)]
    for name in ("engines", "seeds", "prefill_rate", "decode_step_ms", "decode_growth",
                 "max_running", "kv_tokens"):
        command += [f"--{name.replace('_', '-')}", str(getattr(chosen, name))]
    told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    if told.returncode != 0:
        raise RuntimeError(told.stderr.strip())
    return {each["policy"]: verdict.simulated_figures(each)
            for each in json.loads(told.stdout)["policies"]}


def run_live(chosen, policy, requests, room, started):
    """The figures of one policy, with engines and proxy of its own."""
    alive = fleet.Fleet(started, chosen, policy, room)
    begun, idle = time.monotonic(), machine.idle_seconds()
    answers = replay.replay(alive.address, requests, ANSWER_SECONDS)
    took = time.monotonic() - begun
    idle_cores = (machine.idle_seconds() - idle) / took
    alive.end()
    found = verdict.live_figures(requests, answers) | {"idle_cores": idle_cores}
    fault = next((f" ({answer.fault})" for answer in answers if answer.fault), "")
    print(f"{policy}: {found['answered']} answered, {found['failed']} failed{fault}, mean first "
          f"token {found['mean']:.3f} s, requests at most {found['late_p99'] * 1000:.1f} ms late "
          f"(p99), {idle_cores:.2f} cores idle", file=sys.stderr, flush=True)
    return found


def check(chosen):
    if not os.access(chosen.penstock, os.X_OK):
        raise RuntimeError(f"{chosen.penstock} is missing; build it with scripts/build")
    with tempfile.TemporaryDirectory(prefix="live-check-") as room, \
            children.Children() as started:
        exported, trace = pathlib.Path(room) / "exported", pathlib.Path(room) / "trace.jsonl"
        traffic.export(chosen.penstock, exported, chosen)
        requests = traffic.hurry(exported, trace, chosen.hurry)
        simulated = simulate(chosen, trace)
        live = {policy: run_live(chosen, policy, requests, room, started)
                for policy in chosen.policies}
    means = [{policy: figures["mean"] for policy, figures in each.items()}
             for each in (simulated, live)]
    found = verdict.compare(*means, GAP)
    tell(chosen, simulated, live, found, requests[-1].at)
    if any(figures["failed"] for figures in live.values()):
        raise RuntimeError("some requests were not answered as they should be")
    return 0 if found["rank_correlation"] >= LEAST_CORRELATION else DIFFERENT


def tell(chosen, simulated, live, found, seconds):
    print(verdict.table(simulated, live))
    print(f"\n{chosen.requests} requests in {seconds:.0f} s to {chosen.engines} engines of "
          f"{chosen.prefill_rate:g} prompt tokens/s, steps of {chosen.decode_step_ms} ms, "
          f"{chosen.kv_tokens} tokens of cache; {machine.describe()}")
    print(f"told apart by more than {GAP:.0%} when simulated: {', '.join(found['told_apart'])}")
    print(f"rank correlation of these: {found['rank_correlation']:.2f} (at least "
          f"{LEAST_CORRELATION}); of all {found['rank_correlation_all']:.2f}; "
          f"{found['pairs_agreed']} of {found['pairs']} pairs in the same order")
    if chosen.json:
        setting = {key: value for key, value in vars(chosen).items() if key != "json"}
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"setting": setting, "machine": machine.describe(), "simulated": simulated,
                       "live": live, "verdict": found}, file, indent=2, default=str)
            file.write("\n")


def main():
    chosen = arguments()
    return program.run("live-check", lambda: check(chosen), chosen.json)


if __name__ == "__main__":
    sys.exit(main())
