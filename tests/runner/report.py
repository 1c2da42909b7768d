"""Collects verdicts, prints failures so that they can be read, and says the last line."""

import threading
import time


class Report:
    def __init__(self, verbose=False):
        self.verbose = verbose
        self.passed = 0
        self.skipped = 0
        self.failures = []
        self.suite = ""
        self.started = time.monotonic()
        self.suite_started = self.started
        self.suite_passed = 0
        self.lock = threading.Lock()

    def begin(self, suite):
        self._end_suite()
        self.suite = suite
        self.suite_started = time.monotonic()
        self.suite_passed = self.passed

    def ok(self, name, count=1):
        with self.lock:
            self.passed += count
            if self.verbose:
                print(f"  ok      {name}", flush=True)

    def skip(self, name, why):
        with self.lock:
            self.skipped += 1
            print(f"  skipped {name}: {why}", flush=True)

    def fail(self, name, text):
        """One failed test. `text` says what was expected and what came, in several lines if need be."""
        with self.lock:
            self.failures.append((self.suite, name))
            print(f"  FAILED  {self.suite}: {name}", flush=True)
            for line in text.rstrip().splitlines():
                print(f"          {line}", flush=True)

    def finish(self):
        """Prints the summary; returns the exit status."""
        self._end_suite()
        if self.failures:
            print("\nFailed:")
            for suite, name in self.failures:
                print(f"  {suite}: {name}")
        none_ran = self.passed + self.skipped + len(self.failures) == 0
        if none_ran:
            print("\nNo test ran: does --filter match anything?")
        print(f"\n{self.skipped} skipped" if self.skipped else "")
        print(f"{self.passed} passed, {len(self.failures)} failed", flush=True)
        return 1 if self.failures or none_ran else 0

    def _end_suite(self):
        if not self.suite:
            return
        count = self.passed - self.suite_passed
        seconds = time.monotonic() - self.suite_started
        print(f"{self.suite}: {count} passed in {seconds:.0f} s", flush=True)
