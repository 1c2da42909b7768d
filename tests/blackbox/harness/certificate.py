"""Certificates for cases, made by the openssl program."""

import ssl
import subprocess

from .client import NAME
from .config import Sub


def self_signed(room, name=NAME, *more):
    """The `[listener.tls]` of a certificate that signs itself, for these names and loopback."""
    certificate, key = files(room, name)
    names = [name, "localhost", *more]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "30", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=" + ",".join(f"DNS:{each}" for each in names)
                    + ",IP:127.0.0.1"],
                   check=True, capture_output=True, timeout=60)
    return Sub({"certificates": [{"cert": str(certificate), "key": str(key)}]})


def files(room, name=NAME):
    """Where `self_signed` puts a certificate and its key."""
    return room / f"{name}.pem", room / f"{name}.key"


def server_context(room, protocols=("h2", "http/1.1"), name=NAME):
    """What a scripted engine needs to show the certificate that `self_signed` made."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files(room, name))
    context.set_alpn_protocols(list(protocols))
    return context
