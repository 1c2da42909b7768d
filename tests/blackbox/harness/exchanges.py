"""One exchange as a client sees it, whichever protocol carries it: for cases that hold for all."""

import ssl

from . import wire
from .cases import equal
from .client import Client
from .h2_client import H2Client, head
from .h2_stream import status_of
from .peer import Closed
from .wire import LAST_CHUNK

CLIENTS = ("HTTP/1.1", "HTTP/2")


class Outcome:
    """A whole response; names of fields in small letters."""

    def __init__(self, status, fields, body, trailers):
        self.status = status
        self.fields = [(name.lower(), value) for name, value in fields]
        self.body = body
        self.trailers = [(name.lower(), value) for name, value in trailers or ()]

    def field(self, name):
        return dict(self.fields).get(name)


class OldExchange:
    """Of HTTP/1.1: a connection of its own."""

    def __init__(self, client, method, target, fields, body):
        self.client = client
        self.method = method
        client.send(wire.request(method, target, fields, body))

    def read_status(self):
        return int(self._read_head().first[1])

    def _read_head(self):
        return self.client.read_head()

    def expect(self, data):
        """Exactly this content comes next, in however many chunks."""
        content = b""
        while len(content) < len(data):
            content += self.client.read_chunk()
        equal(content, data, "content")

    def expect_end(self):
        self.client.expect(LAST_CHUNK)

    def read_outcome(self):
        head_fields = self._read_head()
        status = int(head_fields.first[1])
        body, trailers = b"", []
        if self.method == "HEAD" or status in (204, 304):
            pass
        elif head_fields.field("Transfer-Encoding"):
            while data := self.client.read_chunk():
                body += data
            trailers = self.client.read_trailers()
        else:
            body = self.client.read_exactly(int(head_fields.field("Content-Length")))
        return Outcome(status, head_fields.fields, body, trailers)

    def cancel(self):
        self.client.close()

    def expect_broken(self):
        """What comes ends, and cannot be taken for complete. Returns it."""
        content, _ = self.client.read_to_end()
        if content.endswith(LAST_CHUNK):
            raise AssertionError(f"it ends as if complete: {content!r}")
        return content


class NewExchange:
    """Of HTTP/2: a stream."""

    def __init__(self, client, method, target, fields, body):
        small = [(name.lower(), value) for name, value in fields]
        self.stream = client.open(head(method, target, small), end=body is None)
        if body is not None:
            self.stream.upload(body)

    def read_status(self):
        return self.stream.read_status()

    def expect(self, data):
        equal(self.stream.read_data(len(data)), data, "content")

    def expect_end(self):
        self.stream.expect_end()

    def read_outcome(self):
        response = self.stream.read_response()
        return Outcome(status_of(response.fields), response.fields[1:], response.body,
                       response.trailers)

    def cancel(self):
        self.stream.reset()

    def expect_broken(self):
        content = b""
        try:
            while (one := self.stream.next_frame()).type == 0:
                content += one.payload
                equal(one.ends_stream, False, "whether it ends as if complete")
        except Closed:
            pass
        return content


class AnyClient:
    """Asks in one protocol. `tls`: trusts `certificate` only."""

    def __init__(self, url, protocol, certificate=None):
        self.url = url
        self.protocol = protocol
        self.certificate = certificate
        self.connection = self._connect() if protocol == "HTTP/2" else None

    def _connect(self):
        kind, name = (H2Client, "h2") if self.protocol == "HTTP/2" else (Client, "http/1.1")
        tls = None
        if self.certificate:
            tls = ssl.create_default_context(cafile=self.certificate)
            tls.set_alpn_protocols([name])
        return kind(self.url, tls=tls)

    def start(self, method="POST", target=wire.CHAT, fields=(), body=None):
        """Sends a whole request; returns its exchange."""
        if self.connection:
            return NewExchange(self.connection, method, target, fields, body)
        return OldExchange(self._connect(), method, target, fields, body)

    def chat(self, text="Hello", fields=(), **more):
        return self.start(fields=[("Content-Type", "application/json"), *fields],
                          body=wire.chat(text, **more))
