"""The processes of a duel: each is pinned to a core, and none outlives the duel."""

import os
import resource
import signal
import subprocess
import time

import machine


def allow_many_files():
    """Two descriptors for each stream: the soft limit is often too low."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Children:
    """Starts processes, and ends all of them on the way out."""

    def __init__(self):
        self._running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A second Ctrl-C must not leave processes behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.end_all()

    def start(self, command, core, **options):
        """`core` None: on any."""
        cores = os.sched_getaffinity(0) if core is None else {core}
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                 preexec_fn=lambda: os.sched_setaffinity(0, cores), **options)
        self._running.append(child)
        return child

    def end_all(self):
        self.end(list(self._running))

    def end(self, children):
        """Asks them to go, and after three seconds ends them and what they started."""
        trees = {pid: _started_at(pid) for child in children if child.poll() is None
                 for pid in machine.tree(child.pid)}
        for child in children:
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + 3
        for child in children:
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(5)
            if child in self._running:
                self._running.remove(child)
        for pid, started in trees.items():
            # The id may be another's by now: only its time of birth tells.
            if started is not None and _started_at(pid) == started:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass


def _started_at(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return None
