"""An authority that signs certificates for cases, made by the openssl program."""

import ssl
import subprocess

from .client import NAME


def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True,
                          text=True, timeout=60).stdout


class Authority:
    """Its files, and those of what it issues, are in the case's room."""

    def __init__(self, room, name="authority"):
        self.room = room
        self.certificate = room / f"{name}.crt"
        self.key = room / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", self.key, "-out", self.certificate, "-days", "30",
                "-subj", f"/CN={name}")

    def issue(self, file, names=f"DNS:{NAME}", rsa=False, days=30, subject=None):
        """FILE.crt and FILE.key, replaced as a certificate manager does. `names`: as OpenSSL writes
        them. Returns both as a listener's option wants them."""
        certificate, key = self.room / f"{file}.crt", self.room / f"{file}.key"
        request, extra = self.room / f"{file}.csr", self.room / f"{file}.ext"
        fresh_key, fresh = key.with_suffix(".key.new"), certificate.with_suffix(".crt.new")
        kind = ("rsa:2048",) if rsa else ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
        openssl("req", "-newkey", *kind, "-nodes", "-keyout", fresh_key, "-out", request,
                "-subj", f"/CN={subject or file}")
        extra.write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", extra, "-out", fresh)
        fresh_key.replace(key)
        fresh.replace(certificate)
        return {"cert": str(certificate), "key": str(key)}

    def client(self, own=None, protocols=(), version=None):
        """A client that trusts this authority alone. `own`: what `issue` returned; `version`: the
        only one of TLS that it speaks."""
        context = ssl.create_default_context(cafile=self.certificate)
        if own:
            context.load_cert_chain(own["cert"], own["key"])
        if protocols:
            context.set_alpn_protocols(list(protocols))
        if version:
            context.minimum_version = context.maximum_version = version
        return context
