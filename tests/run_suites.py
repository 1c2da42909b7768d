#!/usr/bin/env python3
"""Runs every suite against one build directory and ends with the line "N passed, N failed".

  unit      GoogleTest binaries that Meson knows, counted test by test
  blackbox  tests/blackbox/cases: the real executable between scripted clients and engines
  lint      tests/lint: layers, formatting, sizes, generated files, configs, scripts
  fuzz      only with --long: each fuzz target for 60 seconds
  engines   only when named: tests/engines/cases, black-box cases with a real llama-server
  conformance  only when named: tests/conformance, h2spec in strict mode

Everything started here is bounded in time and ended by its process id.
"""

import argparse
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS))

from runner import blackbox, conformance, engines, fuzz, lint, sanitizers, unit  # noqa: E402  (path: see above)
from runner.report import Report  # noqa: E402

SUITES = {"lint": lint.run, "unit": unit.run, "blackbox": blackbox.run, "fuzz": fuzz.run,
          "engines": engines.run, "conformance": conformance.run}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path,
                        help="Meson build directory, built")
    parser.add_argument("--suite", action="append", choices=list(SUITES),
                        help="only this suite; may be given several times")
    parser.add_argument("--filter", default="", metavar="TEXT",
                        help="only tests whose name contains TEXT (a GoogleTest pattern is not needed)")
    parser.add_argument("--long", action="store_true", help="also the long cases")
    parser.add_argument("--slow", type=float, default=1, metavar="N",
                        help="waits N times longer, for sanitizer builds (default 1)")
    parser.add_argument("--tidy", choices=["none", "changed", "all"], default="none",
                        help="run clang-tidy over what differs from main, or over all")
    parser.add_argument("--verbose", action="store_true", help="name passed tests too")
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.root = TESTS.parent
    options.build = options.build.resolve()
    sanitizers.set_options()
    report = Report(verbose=options.verbose)
    usual = ["lint", "unit", "blackbox"] + (["fuzz"] if options.long else [])
    suites = options.suite or usual
    for name in suites:
        report.begin(name)
        SUITES[name](options, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
