"""Every wait here waits for a condition, has a generous limit, and says what it waited for."""

import time

SLOW = 1.0  # set by run_cases.py; sanitizer builds are slower
WAIT = 45  # seconds


def limit(seconds=WAIT):
    return seconds * SLOW


def eventually(condition, what, seconds=WAIT, every=0.01):
    """Asks `condition` until it is true; returns its value. `what` is what one waits for.

    `every`: seconds between two questions, where asking disturbs.
    """
    end = time.monotonic() + limit(seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit(seconds):.0f} s in vain for: {what}")
        time.sleep(every)
