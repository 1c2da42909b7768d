"""What proxies there are, how each is found and started."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

import configs

KINDS = ("haproxy", "nginx", "h2o", "nghttpx")

INSTALL = {
    "penstock": "build it with scripts/build, or name it with --penstock PATH",
    "haproxy": "install it: apt-get install haproxy",
    "nginx": "install it: apt-get install nginx",
    "h2o": "install it: apt-get install h2o",
    "nghttpx": "install it: apt-get install nghttp2-proxy",
}
VERSION = {"penstock": "version", "haproxy": "-v", "nginx": "-v", "h2o": "--version",
           "nghttpx": "--version"}


@dataclasses.dataclass(frozen=True)
class Downstream:
    """How clients speak to the proxies: HTTP/1.1 or HTTP/2, in the clear or with TLS."""

    h2: bool = False
    certificate: pathlib.Path = None  # with its key beside it; None: in the clear

    @property
    def key(self):
        return self.certificate.with_suffix(".key")

    def client_arguments(self):
        """For bench_client; without `--h2`, which tells a number too."""
        return ["--tls", 1] if self.certificate else []


def make_certificate(room):
    """A self-signed one for 127.0.0.1 with an ECDSA key, P-256: CERT.pem, .key, and .both.pem."""
    certificate = pathlib.Path(room) / "duel.pem"
    downstream = Downstream(certificate=certificate)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", str(downstream.key), "-out", str(certificate)],
                   capture_output=True, timeout=20, check=True)
    both = certificate.read_text() + downstream.key.read_text()
    certificate.with_suffix(".both.pem").write_text(both)
    return certificate


def find(kind, penstock):
    """The executable, or RuntimeError with what to do about it."""
    search = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    path = shutil.which(str(penstock) if kind == "penstock" else kind, path=search)
    if path is None:
        where = f" at {penstock}" if kind == "penstock" else ""
        raise RuntimeError(f"{kind} is missing{where}; {INSTALL[kind]}")
    return os.path.abspath(path)


def version(kind, executable):
    done = subprocess.run([executable, VERSION[kind]], capture_output=True, text=True, timeout=10,
                          check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].removeprefix("nginx version: ").split(" - ")[0] if lines else kind


def command(kind, executable, room, ports, engines, downstream):
    """Writes the configuration into `room`; what to run. `ports` are the proxy's own two."""
    room = pathlib.Path(room)
    room.mkdir(parents=True)
    port, admin_port = ports
    setup = configs.Setup(executable, room, port, admin_port, engines, downstream)
    return configs.COMMANDS[kind](setup)
