"""What the kernel says of processes and of the machine."""

import os
import pathlib
import platform

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def _read(path):
    try:
        return pathlib.Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _parents():
    """Process id -> the id of its parent."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = _read(f"/proc/{entry}/stat")
            if stat:
                parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    return parents


def tree(root):
    """The process and all that descend from it."""
    parents = _parents()
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def cpu_seconds(pids):
    """User and system time of all threads of the processes.

    The scheduler's own count, in nanoseconds, where the kernel keeps it; ticks elsewhere.
    """
    total = 0.0
    for pid in pids:
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except FileNotFoundError:
            continue
        for thread in threads:
            exact = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
            if exact and exact[0] != "0":
                total += int(exact[0]) / 1e9
                continue
            fields = _read(f"/proc/{pid}/task/{thread}/stat").rpartition(")")[2].split()
            if fields:
                total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def resident_bytes(pids):
    return sum(int((_read(f"/proc/{pid}/statm").split() or [0, 0])[1]) for pid in pids) * PAGE


def memory(pid):
    """Bytes of one process, counted exactly: Rss, Pss, Anonymous and the like. Sockets are the
    kernel's, and are in none of them."""
    rows = (line.split() for line in _read(f"/proc/{pid}/smaps_rollup").splitlines()[1:])
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows}


def idle_seconds():
    """Time that cores had nothing to do, all together; waiting for a disk is that too."""
    fields = _read("/proc/stat").splitlines()[0].split()
    return (int(fields[4]) + int(fields[5])) / TICKS


def two_cores():
    """The core of the proxies, and that of the load."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise RuntimeError("a duel needs two cores: one for the proxies, one for the load")
    return cores[0], cores[1]


def describe():
    model = next((line.partition(":")[2].strip() for line in _read("/proc/cpuinfo").splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"
