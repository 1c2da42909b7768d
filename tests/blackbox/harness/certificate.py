"""Certificates for cases, made by the openssl program."""

import subprocess

from .config import Sub


def self_signed(room, name="penstock.test"):
    """The `[listener.tls]` of a certificate that signs itself, for this name and loopback."""
    key, certificate = room / f"{name}.key", room / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "30", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True, timeout=60)
    return Sub({"certificates": [{"cert": str(certificate), "key": str(key)}]})
