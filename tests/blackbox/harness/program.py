"""A running `penstock` process: its lines, its end, its last words."""

import os
import queue
import re
import signal
import subprocess
import threading

from runner import sanitizers

from . import timing

CRASHES = {-number for number in (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL,
                                  signal.SIGSEGV)}

# AddressSanitizer keeps freed blocks for a while: for cases that look at a program's memory.
WITHOUT_QUARANTINE = {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}


class Program:
    def __init__(self, command, room, name, environment=None):
        self.name = name
        self.log_path = room / f"{name}.log"
        self.lines = []
        self.queue = queue.Queue()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, text=True, env={**os.environ, **(environment or {})}, cwd=room)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self.queue.put(self.lines[-1])
        self.queue.put(None)

    def wait_for_line(self, start):
        """The rest of the next line that begins so."""
        while True:
            try:
                line = self.queue.get(timeout=timing.limit())
            except queue.Empty:
                raise AssertionError(f"{self.name}: waited for the line '{start}…'; it said "
                                     f"{self.lines}") from None
            if line is None:
                raise AssertionError(f"{self.name} ended before the line '{start}…':\n{self.log()}")
            if line.startswith(start):
                return line.removeprefix(start).strip()

    def wait_for_addresses(self, message, count=1):
        """Those in the log's lines with this message, once there are so many."""
        line = re.compile(rf'message"?[:=]"?{message}"?[, ]"?address"?[:=]"?([^"\s]+)')
        def look():
            running = self.running()  # before the look: what ends has said all
            found = line.findall(self.log())
            return (found,) if len(found) >= count or not running else None
        (found,) = timing.eventually(look, f"{count} lines '{message}' in the log of {self.name}")
        if len(found) < count:
            raise AssertionError(f"{self.name} ended before it said '{message}':\n{self.log()}")
        return found

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_for_log(self, text):
        timing.eventually(lambda: text in self.log(), f"'{text}' in the log of {self.name}")

    def signal(self, number):
        os.kill(self.process.pid, number)

    def running(self):
        return self.process.poll() is None

    def wait_for_end(self):
        """Its exit status; a negative number is the signal that ended it."""
        try:
            return self.process.wait(timeout=timing.limit())
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end:\n{self.log()[-2000:]}") from None

    def resident(self, row="VmRSS"):
        """Resident memory in bytes; its highest so far is in the row VmHWM."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            rows = dict(line.split(":", 1) for line in status)
        return int(rows[row].split()[0]) * 1024

    def end(self):
        """Ends it if it still runs. What it did wrong in its life, as sentences.

        Two different signals, which cannot become one: the first drains, the second ends at once
        whatever is open. So every case also shows that what it left behind is cleaned up.
        """
        faults = []
        if self.running():
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGINT)
        try:
            self.process.wait(timeout=timing.limit())
        except subprocess.TimeoutExpired:
            faults.append(f"{self.name} did not end when it was told to, twice")
            self.signal(signal.SIGKILL)
            self.process.wait()
        self.reader.join(5)
        if self.process.returncode in CRASHES:
            faults.append(f"{self.name} crashed (status {self.process.returncode}):\n"
                          f"{self.log()[-2000:]}")
        if report := sanitizers.report_in(self.log()):
            faults.append(f"{self.name} was found wrong:\n{report}")
        return faults

    def last_words(self):
        words = "\n".join(self.log().splitlines()[-25:])
        state = "running" if self.running() else f"ended with {self.process.returncode}"
        return f"--- {self.name} ({state}), end of its log:\n{words}"
