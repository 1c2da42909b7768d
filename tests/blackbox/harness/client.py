"""A client with its bytes under control, and whole responses for the cases that need no more."""

import socket
from urllib.parse import urlsplit

from . import timing, wire
from .messages import Response
from .peer import Peer

NAME = "penstock.test"  # that the cases' certificates are for


def connected(address, receive_buffer=None, tls=None):
    """A socket that is connected to "http://host:port", "https://…" with the ssl.SSLContext `tls`, or
    "unix:/path"."""
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        target = address.removeprefix("unix:")
    else:
        connection = socket.socket(socket.AF_INET)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target = (urlsplit(address).hostname, urlsplit(address).port)
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(timing.limit())
    connection.connect(target)
    if not tls:
        return connection
    return tls.wrap_socket(connection, server_hostname=NAME, suppress_ragged_eofs=False)


class Client(Peer):
    """Speaks HTTP/1.1 to "http://host:port" or "unix:/path"."""

    def __init__(self, address, receive_buffer=None, tls=None):
        super().__init__(connected(address, receive_buffer, tls), "client")

    def read_response(self, method="POST"):
        """One whole response. 100 (Continue) is not skipped."""
        head = self.read_head()
        status = int(head.first[1])
        if method == "HEAD" or status in (204, 304) or status < 200:
            return Response(status, head.fields)
        if head.field("Transfer-Encoding"):
            return Response(status, head.fields, *self.read_chunked_with_trailers())
        if head.field("Content-Length") is not None:
            body = self.read_exactly(int(head.field("Content-Length")))
        else:
            body = self.read_to_end()[0]
        return Response(status, head.fields, body)

    def ask(self, data, method="POST"):
        self.send(data)
        return self.read_response(method)

    def chat(self, text="Hello", fields=(), **more):
        return self.ask(wire.post_chat(text, fields, **more))

    def get(self, target, fields=()):
        return self.ask(wire.get(target, fields), "GET")
