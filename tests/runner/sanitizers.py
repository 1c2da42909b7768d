"""What the checkers in a sanitizer build are told, and how their reports are found in an output.

Both hold for every run: a build without checkers reads none of these variables.
"""

import os
import pathlib

SUPPRESSIONS = pathlib.Path(__file__).with_name("thread_sanitizer.txt")

OPTIONS = {
    # The end of a stack frame is seen too, and a report ends the program: none is overlooked.
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppressions={SUPPRESSIONS}",
}

BEGINNINGS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
              "FATAL: ThreadSanitizer", "runtime error: ")
MOST_LINES = 120


def set_options():
    """For this process's children. What the caller has set stays."""
    for name, value in OPTIONS.items():
        os.environ.setdefault(name, value)


def report_in(text):
    """The first report of a checker in an output, or nothing."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if any(beginning in line for beginning in BEGINNINGS):
            return "\n".join(lines[at:at + MOST_LINES])
    return ""
