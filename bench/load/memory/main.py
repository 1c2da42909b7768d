"""Memory of Penstock: how much an open stream takes, and that it does not grow with the requests."""

import argparse
import json
import pathlib
import sys
import tempfile
import types

import arena as arenas
import children
import machine
import program
import proxies
import weigh

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOKEN_INTERVAL_MS = 1_000  # streams that mostly wait
OPENING = 50               # streams that wait for their first token at the same time
KIB = 1_024
GOAL = 6 * KIB             # bytes per stream; the gate is an argument
MISSED = 3


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench-memory", description=__doc__,
        epilog="Exit status: 0 all verdicts are good, 3 one is not, 1 it could not be measured, "
               "2 wrong arguments. See bench/README.md.")
    parser.add_argument("--penstock", default=ROOT / "build" / "penstock", metavar="PATH")
    parser.add_argument("--tools", metavar="DIR", type=pathlib.Path,
                        default=ROOT / "build-bench" / "bench" / "load",
                        help="where bench_engine and bench_client are")
    parser.add_argument("--streams", type=int, default=1_000, metavar="N")
    parser.add_argument("--most", type=int, default=8 * KIB, metavar="BYTES",
                        help="what a stream may take")
    parser.add_argument("--requests", type=int, default=200_000, metavar="N")
    parser.add_argument("--every", type=int, default=10_000, metavar="N",
                        help="requests between two samples")
    parser.add_argument("--flat-from", type=int, default=20_000, metavar="N",
                        help="requests after which memory may grow no more, but for --slack")
    parser.add_argument("--slack", type=int, default=1_024 * KIB, metavar="BYTES")
    parser.add_argument("--only", choices=("streams", "requests"), help="one of the two halves")
    parser.add_argument("--json", metavar="FILE", help="write every sample there")
    chosen = parser.parse_args()
    if min(chosen.streams, chosen.every, chosen.flat_from) < 1:
        parser.error("streams and requests must be at least 1")
    if chosen.requests % chosen.every or chosen.flat_from % chosen.every:
        parser.error("--requests and --flat-from must be multiples of --every")
    if chosen.flat_from >= chosen.requests:
        parser.error("--flat-from must be below --requests")
    return chosen


def judge_streams(found, most):
    per_stream = found["bytes_per_stream"]
    found |= {"most": most, "goal": GOAL, "good": per_stream <= most}
    print(f"{found['streams']} open streams, opened {found['opening']} at a time, each after its "
          f"first token; prompts of {found['prompt_bytes']} bytes")
    for when in ("before", "during", "after"):
        memory = found[when]
        print(f"  {when:7}{memory['Rss'] // KIB:>9} KiB resident"
              f"{memory['Anonymous'] // KIB:>9} KiB of it heap and stacks")
    print(f"  per stream {per_stream:.0f} bytes; at most {most}: "
          f"{'met' if found['good'] else 'MISSED'}; goal {GOAL}: "
          f"{'met' if per_stream <= GOAL else 'not met'}")
    return found["good"]


def judge_requests(found, flat_from, slack):
    samples = found["samples"]
    start = next(resident for answered, resident in samples if answered == flat_from)
    growth = max(resident for answered, resident in samples if answered >= flat_from) - start
    found |= {"flat_from": flat_from, "slack": slack, "growth": growth, "good": growth <= slack}
    print("resident memory along the requests")
    for answered, resident in samples:
        print(f"  {answered:>9} answered{resident // KIB:>9} KiB")
    print(f"  growth after {flat_from} at most {growth // KIB} KiB; at most {slack // KIB} KiB: "
          f"{'flat' if found['good'] else 'NOT FLAT'}")
    return found["good"]


def measure(chosen, arena, side):
    """What was found, and whether all of it is good. Each part has a fresh proxy: memory that the
    streams have left behind would hide what requests leak."""
    found, good = {}, True
    arena.start_engines(TOKEN_INTERVAL_MS)
    if chosen.only != "requests":
        found["streams"] = []
        for opening in (min(OPENING, chosen.streams), chosen.streams):
            arena.start_proxies([side])
            weighed = weigh.weigh_streams(arena, arena.proxies[0], chosen.streams, opening)
            good &= judge_streams(weighed, chosen.most)
            found["streams"].append(weighed)
    if chosen.only != "streams":
        arena.start_proxies([side])
        samples = weigh.weigh_requests(arena, arena.proxies[0], chosen.requests, chosen.every)
        found["requests"] = {"samples": samples}
        good &= judge_requests(found["requests"], chosen.flat_from, chosen.slack)
    return found, good


def run(chosen):
    executable = proxies.find("penstock", chosen.penstock)
    side = types.SimpleNamespace(place=0, kind="penstock", executable=executable)
    tools = arenas.find_tools(chosen.tools)
    cores = machine.two_cores()
    children.allow_many_files()
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as room:
        with children.Children() as started:
            found, good = measure(chosen, arenas.Arena(started, tools, cores, room), side)
    version = proxies.version("penstock", executable)
    print(f"{version}; {machine.describe()}")
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"version": version, "machine": machine.describe(), "good": good, **found},
                      file, indent=2)
            file.write("\n")
    return 0 if good else MISSED


def main():
    chosen = arguments()
    return program.run("bench-memory", lambda: run(chosen), chosen.json)


if __name__ == "__main__":
    sys.exit(main())
