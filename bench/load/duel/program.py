"""How each of the programs here begins to measure, and ends: its exit status is a number, its last
word a sentence."""

import signal
import subprocess
import sys


def run(name, measure, json_file=None):
    """The exit status of `measure`, or of what kept it from its end. `json_file` must be writable
    now, not only after all the rounds."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" had it ignored
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if json_file:
            open(json_file, "a", encoding="utf-8").close()
        return measure()
    except KeyboardInterrupt:
        return 130
    except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
