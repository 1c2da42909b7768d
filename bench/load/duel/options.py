"""The command line of a duel."""

import argparse
import pathlib

import proxies

ROOT = pathlib.Path(__file__).resolve().parents[3]


def parser():
    made = argparse.ArgumentParser(
        prog="bench-proxy",
        description="Penstock beside another proxy: at the same time, on the same core, before "
                    "the same engines.",
        epilog="Both have half the load each. The ratio is the subject's figure by the other's; "
               "below 1 the subject is the cheaper. See bench/README.md.")
    made.add_argument("--against", choices=proxies.KINDS, default="haproxy")
    made.add_argument("--subject", choices=("penstock", *proxies.KINDS), default="penstock")
    made.add_argument("--self-test", action="store_true",
                      help="the other proxy against itself: the ratios must be near 1")
    made.add_argument("--before", metavar="PATH",
                      help="another Penstock to compare with, in the other proxy's place")
    made.add_argument("--h2", action="store_true",
                      help="clients speak HTTP/2, the streams over 20 connections in all")
    made.add_argument("--tls", action="store_true",
                      help="clients speak TLS, with a certificate made for the duel")
    made.add_argument("--attack", action="store_true",
                      help="no duel: what an attacker by HTTP/2 costs the subject's other clients")
    add_places(made)
    add_load(made)
    return made


def add_places(made):
    made.add_argument("--penstock", default=ROOT / "build" / "penstock", metavar="PATH")
    made.add_argument("--tools", metavar="DIR", type=pathlib.Path,
                      default=ROOT / "build-bench" / "bench" / "load",
                      help="where bench_engine and bench_client are")
    made.add_argument("--json", metavar="FILE", help="write every sample there")


def add_load(made):
    made.add_argument("--rounds", type=int, default=10)
    made.add_argument("--seconds", type=float, default=5, help="of each window")
    made.add_argument("--streams", type=int, default=1_000, help="of both together")
    made.add_argument("--rate-small", type=float, default=7_000, metavar="N",
                      help="2 KB requests a second, of both together")
    made.add_argument("--rate-large", type=float, default=3_500, metavar="N",
                      help="32 KB requests a second, of both together")
    made.add_argument("--memory-streams", type=int, default=1_000, metavar="N",
                      help="open streams of each proxy in the window of memory")
    made.add_argument("--nice", type=int, default=0, metavar="N",
                      help="niceness of the whole duel; below 0 (as root) it suffers less from "
                           "what else runs")
    made.add_argument("--patience", type=float, default=0, metavar="SECONDS",
                      help="spend up to so long in all on measuring windows again in which "
                           "something else was running")
    made.add_argument("--only", choices=("chunk", "small", "large"), action="append",
                      help="CPU and delay of this load alone, nothing else; may be repeated")


def chosen():
    """What the command line says; exits when it makes no sense."""
    made = parser()
    found = made.parse_args()
    least = min(found.rounds, found.streams // 2, found.memory_streams, found.seconds,
                found.rate_small, found.rate_large)
    if least < 1:
        made.error("rounds, seconds, rates and streams of each proxy must be at least 1")
    found.h2 = found.h2 or found.attack
    return found
