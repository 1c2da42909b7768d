"""System calls per unit of work, counted by perf or, where it may not, by strace."""

import re
import shutil
import signal
import subprocess
import time

import machine
import windows


def counter():
    """The tool that counts here, or None."""
    if shutil.which("perf"):
        tried = subprocess.run(["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "true"],
                               capture_output=True, text=True, timeout=20, check=False)
        if re.search(r"^\d+,", tried.stderr, re.M):
            return "perf"
    if shutil.which("strace"):
        tried = subprocess.run(["strace", "-c", "true"], capture_output=True, timeout=20,
                               check=False)
        if tried.returncode == 0:
            return "strace"
    return None


def window(arena, load, seconds, tool):
    """For each proxy, system calls per unit of work."""
    clients = windows.Clients(arena, load, seconds)
    clients.sleep_until(0)
    count = _perf if tool == "perf" else _strace
    rates = count(arena, seconds)
    return [calls / result["rate"] for calls, result in zip(rates, clients.results())]


def _perf(arena, seconds):
    started = []
    for proxy in arena.proxies:
        pids = ",".join(str(pid) for pid in machine.tree(proxy.process.pid))
        command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", pids,
                   "--timeout", str(int(seconds * 1000))]
        started.append(arena.children.start(command, arena.load_core, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.PIPE, text=True))
    rates = []
    for process in started:
        _, text = process.communicate(timeout=seconds + 10)
        found = re.search(r"^(\d+),", text, re.M)
        if not found:
            raise RuntimeError(f"perf counted nothing: {text.strip()}")
        rates.append(int(found[1]) / seconds)
    return rates


def _strace(arena, seconds):
    started = []
    for proxy in arena.proxies:
        command = ["strace", "-f", "-c", "-U", "calls,name"]
        for pid in machine.tree(proxy.process.pid):
            command += ["-p", str(pid)]
        started.append((arena.children.start(command, arena.load_core, stdout=subprocess.DEVNULL,
                                             stderr=subprocess.PIPE, text=True), time.monotonic()))
    time.sleep(seconds)
    rates = []
    for process, begun in started:
        process.send_signal(signal.SIGINT)
        elapsed = time.monotonic() - begun
        _, text = process.communicate(timeout=15)
        found = re.search(r"^\s*(\d+)\s+total", text, re.M)
        if not found:
            raise RuntimeError(f"strace counted nothing: {text.strip()[-200:]}")
        rates.append(int(found[1]) / elapsed)
    return rates
