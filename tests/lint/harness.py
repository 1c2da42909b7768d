"""What the black-box harness must notice at a program's end, whatever its case looked at."""

import stat
import sys
import tempfile
from pathlib import Path

BLACKBOX = Path(__file__).resolve().parent.parent / "blackbox"

# A name, what a program does before it waits for a signal, and what must be said of it.
PROGRAMS = (
    ("sound", "", ""),
    ("racing", "echo 'WARNING: ThreadSanitizer: data race (pid=1)' >&2", "data race"),
    ("undefined", "echo 'a.cpp:5:1: runtime error: shift exponent 41' >&2", "shift exponent"),
    ("leaking", "echo '==1==ERROR: LeakSanitizer: detected memory leaks' >&2; exit 23", "leaks"),
    ("crashing", "kill -ABRT $$", "crashed"),
    ("stubborn", "trap '' TERM INT", "did not end"),
)


def check_what_a_program_does_wrong_fails_its_case(_options):
    sys.path.insert(0, str(BLACKBOX))
    from harness import timing
    from harness.program import Program
    timing.SLOW, before = 0.02, timing.SLOW  # the stubborn one is waited for in vain
    try:
        with tempfile.TemporaryDirectory() as room:
            for name, deed, verdict in PROGRAMS:
                yield from problems_with(Program, Path(room), name, deed, verdict)
    finally:
        timing.SLOW = before


def problems_with(program_type, room, name, deed, verdict):
    script = room / name
    script.write_text(f"#!/bin/sh\n{deed}\necho ready\nwhile :; do sleep 0.1; done\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    program = program_type([script], room, name)
    program.queue.get(timeout=30)  # "ready", or its end
    faults = program.end()
    if bool(faults) != bool(verdict) or not all(verdict in fault for fault in faults):
        yield f"a {name} program: expected '{verdict}', came {faults}"
