"""A proxy that speaks TLS to its clients, with an authority whose certificates they trust."""

import socket
import ssl
from urllib.parse import urlsplit

from . import timing, wire
from .authority import Authority
from .client import NAME, Client
from .config import Sub
from .wire import chunk, event


class Secured:
    """A proxy with TLS before one engine. `tls`, `listener`: more options of its listener."""

    def __init__(self, world, certificates=None, authority=None, tls=None, listener=None, **tables):
        self.authority = authority or Authority(world.room)
        self.certificates = certificates or [self.authority.issue("site")]
        self.tls = {"certificates": self.certificates, **(tls or {})}
        self.options = listener or {}
        self.engine = world.engine()
        self.proxy = world.proxy(self.engine, listeners=[self.listener()], **tables)
        self.address = ("127.0.0.1", urlsplit(self.proxy.url).port)

    def listener(self, **more):
        return {"address": "127.0.0.1:0", **self.options, "tls": Sub({**self.tls, **more})}

    def connect(self, own=None, version=None, **more):
        return Client(self.proxy.url, tls=self.authority.client(own, version=version), **more)

    def handshake(self, context, name=NAME):
        """Shakes hands only. Returns the connection, or raises."""
        plain = socket.create_connection(self.address, timeout=timing.limit())
        return context.wrap_socket(plain, server_hostname=name)

    def begun_stream(self, **more):
        client = self.connect(**more)
        client.send(wire.post_chat(stream=True))
        request = self.engine.next_request()
        request.start_stream()
        client.read_head()
        request.send_chunk(event("one"))
        client.expect(chunk(event("one")))
        return client, request


def refused(attempt):
    """Whether this comes to nothing. TLS 1.3 tells a client of it with the first read only."""
    try:
        attempt()
    except (ssl.SSLError, ConnectionError, AssertionError) as error:
        return not (isinstance(error, AssertionError) and "waited" in str(error))
    return False
