"""Child processes that are bounded in time and ended with all that they started."""

import os
import signal
import subprocess
from dataclasses import dataclass

from . import sanitizers


@dataclass
class Finished:
    status: int
    output: str  # both streams, in order
    timed_out: bool = False


def run(command, timeout, cwd=None, environment=None):
    """Runs a command in a process group of its own; at the time limit the group is killed."""
    process = subprocess.Popen(
        [str(word) for word in command], cwd=cwd, env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout)
        return Finished(process.returncode, output)
    except subprocess.TimeoutExpired:
        end_group(process)
        output, _ = process.communicate()
        return Finished(-1, output, timed_out=True)
    except BaseException:
        end_group(process)
        raise


def end_group(process):
    """Kills the group that `run` made for this process."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def tail(text, lines=40):
    """What matters of a failed program's output: a checker's report, or else the end."""
    report = sanitizers.report_in(text)
    if report:
        return report
    return "\n".join(text.rstrip().splitlines()[-lines:])
