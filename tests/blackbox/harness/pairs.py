"""The protocols on both sides of the proxy, which a case runs over: one table, and who is left out.

A file of cases that sets `PAIRS = ALL` runs each of its cases once per pair. `@only` narrows that for
a case, with the reason. The world makes listeners, pools, engines and clients of the pair; what a case
sees of them is the same (harness/exchanges.py, engine.py, h2_engine.py).
"""

import atexit
import functools
import pathlib
import shutil
import ssl
import tempfile
from collections import namedtuple

from .certificate import files, self_signed, server_context
from .client import NAME
from .config import Sub


class Pair(namedtuple("Pair", "client engine client_tls engine_tls")):
    """What the client and the engine speak, "h1" or "h2", and who of them does so over TLS."""

    @property
    def label(self):
        if self.client_tls == self.engine_tls:
            return f"{self.client}→{self.engine}{' TLS' if self.client_tls else ''}"
        sides = ((self.client, self.client_tls), (self.engine, self.engine_tls))
        return "→".join(f"{protocol} {'TLS' if tls else 'clear'}" for protocol, tls in sides)

    @property
    def engine_scheme(self):
        return "https" if self.engine_tls else "http"

    def passed(self, fields):
        """How these fields look at the other side: HTTP/2 has names in small letters only."""
        if self.client == self.engine == "h1":
            return fields
        return [(name.lower(), value) for name, value in fields]

    def client_context(self):
        return _client_context(ALPN[self.client]) if self.client_tls else None

    def engine_context(self):
        if not self.engine_tls:
            return None
        # OpenSSL takes the first that the proxy offers too; it polls with HTTP/1.1 in any case.
        return _engine_context(("h2", "http/1.1") if self.engine == "h2" else ("http/1.1",))

    def tables(self, pools, listeners=("127.0.0.1:0",), **tables):
        """Those of a configuration (harness/config.py) with what this pair needs."""
        return {**tables, "pools": [self.pool(each) for each in pools],
                "listeners": [self.listener(each) for each in listeners]}

    def listener(self, entry):
        """A listener's table, or address, with what this pair needs."""
        table = entry if isinstance(entry, dict) else {"address": entry}
        return {"tls": _certificate()[1], **table} if self.client_tls else table

    def pool(self, table):
        """A pool's table with what this pair needs. Over TLS the engine chooses by ALPN."""
        if self.engine_tls:
            return {"tls": Sub({"ca_file": str(files(_certificate()[0])[0])}), **table}
        return {"protocol": "h2c", **table} if self.engine == "h2" else table


ALPN = {"h1": "http/1.1", "h2": "h2"}
ENGINES_NAME = "engines.test"  # of those that are found by a name
PLAIN = Pair("h1", "h1", False, False)
MIXED = [Pair(client, engine, client_tls, engine_tls) for client_tls in (False, True)
         for engine_tls in (False, True) for client in ALPN for engine in ALPN]
ALL = [pair for pair in MIXED if pair.client_tls == pair.engine_tls]
TUNNELS = [pair for pair in ALL if pair.client == pair.engine == "h1"]
SIMULATED = [pair for pair in MIXED if not pair.engine_tls]  # `penstock engine` has no TLS


def only(why, **wanted):
    """Narrows the pairs of the case's file, as in `@only("half a head", client="h1")`."""
    assert why

    def mark(function):
        function.only = {**getattr(function, "only", {}), **wanted}
        return function
    return mark


def once(why):
    """For a case that has nothing to do with protocols."""
    return only(why, **PLAIN._asdict())


def pairs_of(module, function):
    """(label, pair) of each pair that a case runs over."""
    table = getattr(module, "PAIRS", None)
    if table is None:
        return [("", PLAIN)]
    wanted = getattr(function, "only", {}).items()
    fit = [(f" [{pair.label}]", pair) for pair in table if wanted <= pair._asdict().items()]
    assert fit, f"{function.__name__} runs over no pair: {dict(wanted)}"
    return fit


@functools.cache
def _certificate():
    """(folder, `[listener.tls]`) of the one that all cases of this process share."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="penstock-pairs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, self_signed(folder, NAME, ENGINES_NAME)


@functools.cache
def _client_context(protocol):
    context = ssl.create_default_context(cafile=files(_certificate()[0])[0])
    context.set_alpn_protocols([protocol])
    return context


@functools.cache
def _engine_context(protocols):
    return server_context(_certificate()[0], protocols)
