#!/usr/bin/env python3
"""Runs the cases of one file and prints a JSON line per verdict (read by tests/runner/blackbox.py).

By hand:  tests/blackbox/run_cases.py tests/blackbox/cases/cancellation.py --binary build/penstock
"""

import argparse
import importlib.util
import json
import pathlib
import signal
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from harness import timing  # noqa: E402  (the paths are set just above)
from harness.cases import Skip, rows_of  # noqa: E402
from harness.pairs import pairs_of  # noqa: E402
from harness.world import World  # noqa: E402
from runner import sanitizers  # noqa: E402

CASE_LIMIT = 180  # seconds; each wait within has its own, smaller limit
LONG_CASE_LIMIT = 1800


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--filter", default="", help="only cases whose name contains this")
    parser.add_argument("--slow", type=float, default=1, help="wait this many times longer")
    parser.add_argument("--long", action="store_true", help="the long variants too")
    parser.add_argument("--engines", type=pathlib.Path, metavar="FOLDER",
                        help="holds llama-server and model.gguf, for cases with a real engine")
    return parser.parse_args()


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases_of(module):
    """(name, pair, function, arguments) of each case, in the order of the file."""
    for name, function in list(vars(module).items()):
        if not name.startswith("test_"):
            continue
        sentence = name.removeprefix("test_").replace("_", " ")
        for label, arguments in rows_of(function):
            for over, pair in pairs_of(module, function):
                yield f"{module.__name__}: {sentence}{label}{over}", pair, function, arguments


def say(name, verdict, text=""):
    print(json.dumps({"case": name, "verdict": verdict, "text": text}), flush=True)


def too_long(_signal, _frame):
    raise TimeoutError("the case took too long as a whole")


def failure_text(error):
    """The message, then where in the case it happened."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if "run_cases.py" not in frame.filename]
    places = "\n".join(f"  at {pathlib.Path(frame.filename).name}:{frame.lineno}: {frame.line}"
                       for frame in frames[-4:])
    return f"{type(error).__name__}: {error}\n{places}"


def run_case(name, pair, function, arguments, options):
    world = World(options.binary.resolve(), options.long,
                  options.engines and options.engines.resolve(), pair)
    signal.alarm(int((LONG_CASE_LIMIT if options.long else CASE_LIMIT) * options.slow))
    verdict, text = "passed", ""
    try:
        function(world, *arguments)
    except Skip as reason:
        verdict, text = "skipped", str(reason)
    except Exception as error:  # any failure of a case is a verdict
        signal.alarm(0)
        verdict, text = "failed", failure_text(error) + "\n" + world.last_words()
    signal.alarm(0)
    if faults := world.end():
        verdict, text = "failed", "\n".join([*faults, text])
    say(name, verdict, text)


def main():
    options = parse_arguments()
    timing.SLOW = options.slow
    sanitizers.set_options()
    signal.signal(signal.SIGALRM, too_long)
    module = load(options.file)
    for name, pair, function, arguments in cases_of(module):
        if options.filter not in name and options.filter not in function.__name__:
            continue
        if getattr(function, "long", False) and not options.long:
            continue
        run_case(name, pair, function, arguments, options)
    say(options.file.stem, "end")


if __name__ == "__main__":
    main()
