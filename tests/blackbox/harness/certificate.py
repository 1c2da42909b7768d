"""Certificates for cases, made by the openssl program."""

import ssl
import subprocess

from .client import NAME
from .config import Sub


def self_signed(room, name=NAME):
    """The `[listener.tls]` of a certificate that signs itself, for this name and loopback."""
    certificate, key = files(room, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "30", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1"],
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
