"""h2spec: 146 ways to test an HTTP/2 server, got as a Go module and built once into the user's cache."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import xml.etree.ElementTree as xml
from dataclasses import dataclass

from runner import processes

PROGRAM = "github.com/summerwind/h2spec/cmd/h2spec"
# The newest tag that Go takes by name: later ones have a go.mod that does not say "/v2". This one has
# none, so what it needs is named here, of an age that Debian's Go can build.
MODULE = """\
module conformance

go 1.19

require (
\tgithub.com/fatih/color v1.15.0
\tgithub.com/spf13/cobra v1.7.0
\tgithub.com/summerwind/h2spec v2.2.1+incompatible
\tgolang.org/x/net v0.17.0
)
"""
SECTIONS = ("generic", "http2", "hpack")
PATH = "/h2spec"  # one that an engine answers, and not before the request has ended
BUILD_LIMIT = 600  # seconds
RUN_LIMIT = 900


class Unavailable(Exception):
    """It cannot be got here; the text says why."""


@dataclass
class Verdict:
    name: str
    outcome: str  # "passed", "failed" or "skipped"
    text: str = ""


def fetch():
    """The program, built on the first run."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = cache / "penstock-tests" / f"h2spec-{hashlib.sha256(MODULE.encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "h2spec"
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # only one run builds
        if not program.exists():
            build(folder)
    return program


def build(folder):
    """Builds it in folders of its own, which hold nothing else afterwards."""
    go = shutil.which("go", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/go/bin"]))
    if not go:
        raise Unavailable("there is no Go toolchain")
    print(f"  building {PROGRAM}", flush=True)
    (folder / "go.mod").write_text(MODULE)
    sources = folder / "gopath"
    own = {"GOPATH": str(sources), "GOMODCACHE": str(sources / "pkg" / "mod"),
           "GOCACHE": str(sources / "cache"), "GOWORK": "off", "CGO_ENABLED": "0", "GO111MODULE": "on",
           "GOFLAGS": "-modcacherw -mod=mod"}
    finished = processes.run([go, "build", "-o", "h2spec", PROGRAM], BUILD_LIMIT, cwd=folder,
                             environment=own)
    shutil.rmtree(sources, ignore_errors=True)
    if finished.status != 0:
        how = "took too long" if finished.timed_out else f"status {finished.status}"
        raise Unavailable(f"go build failed ({how}): {processes.tail(finished.output, 3)}")


def check(program, port, room, wait, tls=False):
    """Runs all sections against a server on loopback; a verdict for each case. `wait`: seconds that a
    case waits for a frame."""
    result = room / f"h2spec-{port}.xml"
    command = [program, *SECTIONS, "--host", "127.0.0.1", "--port", port, "--strict",
               "--path", PATH, "--timeout", wait, "--junit-report", result,
               *(["--tls", "--insecure"] if tls else [])]
    finished = processes.run(command, RUN_LIMIT, cwd=room)
    if not result.exists():
        raise AssertionError("h2spec ended without a report:\n" + processes.tail(finished.output))
    return list(verdicts(xml.parse(result)))


def verdicts(document):
    for case in document.iter("testcase"):
        name = f"{case.get('package')}: {case.get('classname')}"
        fault = case.find("failure") if case.find("failure") is not None else case.find("error")
        if fault is not None:
            yield Verdict(name, "failed", "".join(fault.itertext()).strip() or "no reason is told")
        elif case.find("skipped") is not None:
            yield Verdict(name, "skipped", "h2spec skips it here")
        else:
            yield Verdict(name, "passed")
