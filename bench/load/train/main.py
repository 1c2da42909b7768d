"""The load by which an optimised build learns what is hot: streams, small and large requests, over
HTTP/1.1 and HTTP/2."""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import types

import arena as arenas
import children
import machine
import program

# As the duel's, but shorter and lighter: an instrumented build is slow.
LOADS = (("streams", "--connections", 250, "--body", 2_048, "--seconds", 4),
         ("requests", "--connections", 64, "--rate", 1_500, "--body", 2_048, "--seconds", 4),
         ("requests", "--connections", 64, "--rate", 500, "--body", 32_768, "--seconds", 4),
         ("streams", "--connections", 5, "--h2", 50, "--body", 2_048, "--seconds", 4),
         ("requests", "--connections", 5, "--h2", 50, "--rate", 1_500, "--body", 2_048,
          "--seconds", 4))
TOKEN_INTERVAL_MS = 20


def arguments():
    parser = argparse.ArgumentParser(prog="train", description=__doc__)
    parser.add_argument("--penstock", required=True, metavar="PATH",
                        help="a build with -Db_pgo=generate; it writes its profile when it ends")
    parser.add_argument("--tools", required=True, metavar="DIR", type=pathlib.Path,
                        help="where bench_engine and bench_client are")
    return parser.parse_args()


def train(chosen):
    side = types.SimpleNamespace(place=0, kind="penstock", executable=chosen.penstock)
    cores = machine.two_cores()
    children.allow_many_files()
    with tempfile.TemporaryDirectory(prefix="train-") as room, children.Children() as started:
        arena = arenas.Arena(started, arenas.find_tools(chosen.tools), cores, room)
        arena.start_engines(TOKEN_INTERVAL_MS)
        arena.start_proxies([side])
        for load in LOADS:
            subprocess.run([arena.client, f"127.0.0.1:{arena.proxies[0].port}",
                            *(str(word) for word in load)],
                           stdout=subprocess.DEVNULL, timeout=60, check=True)
        arena.end_proxies()
    return 0


def main():
    chosen = arguments()
    return program.run("train", lambda: train(chosen))


if __name__ == "__main__":
    sys.exit(main())
