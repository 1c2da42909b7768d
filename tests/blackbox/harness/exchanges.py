"""One exchange as a client sees it, whichever protocol carries it: for cases that hold for all."""

from . import wire
from .cases import equal, holds
from .client import NAME, Client
from .h2_client import H2Client, head
from .messages import Response
from .peer import Closed
from .wire import LAST_CHUNK

JSON = ("Content-Type", "application/json")


class OldExchange:
    """Of HTTP/1.1: a connection that has nothing else to do."""

    def __init__(self, connection, method):
        self.connection = connection
        self.method = method
        self.chunked = False

    def send_body(self, data):
        """A piece of the content that the head has announced."""
        self.connection.send(data)

    def read_head(self):
        raw = self.connection.read_head()
        self.chunked = raw.field("Transfer-Encoding") is not None
        return Response(int(raw.first[1]), raw.fields)

    def expect(self, data):
        """Exactly this content comes next, in however many pieces: the barrier of streaming cases."""
        if not self.chunked:
            self.connection.expect(data)
            return
        content = b""
        while len(content) < len(data):
            content += self.connection.read_chunk()
        equal(content, data, "content")

    def expect_end(self):
        self.connection.expect(LAST_CHUNK)

    def expect_silence(self, seconds):
        self.connection.expect_silence(seconds)

    def read_response(self):
        return self.connection.read_response(self.method)

    def expect_broken(self):
        """What comes ends, and cannot be taken for complete. Returns its content."""
        content, _ = self.connection.read_to_end()
        holds(not content.endswith(LAST_CHUNK), f"it ends as if complete: {content!r}")
        return wire.content_of(content) if self.chunked else content

    def cancel(self):
        self.connection.close()

    close = cancel

    def half_close(self):
        self.connection.half_close()

    def reset(self):
        self.connection.reset()


class NewExchange:
    """Of HTTP/2: a stream, on a connection that may have others."""

    def __init__(self, stream):
        self.stream = stream

    def send_body(self, data):
        self.stream.upload(data, end=False)

    def read_head(self):
        fields = self.stream.read_head()
        return Response(int(fields[0][1]), fields[1:])

    def expect(self, data):
        equal(self.stream.read_data(len(data)), data, "content")

    def expect_end(self):
        if not self.stream.ended:  # with the last content
            self.stream.expect_end()

    def expect_silence(self, seconds):
        self.stream.client.expect_silence(seconds)

    def read_response(self):
        return self.stream.read_response()

    def expect_broken(self):
        content = b""
        try:
            while (one := self.stream.next_frame()).type == 0:
                content += one.payload
                equal(one.ends_stream, False, "whether it ends as if complete")
        except Closed:
            pass
        return content

    def cancel(self):
        """This exchange alone."""
        self.stream.reset()

    def close(self):
        self.stream.client.close()

    def half_close(self):
        self.stream.client.half_close()

    def reset(self):
        self.stream.client.reset()


class AnyClient:
    """Speaks what the pair says. `more`: for its connections."""

    def __init__(self, url, pair, **more):
        self.url = url
        self.kind = H2Client if pair.client == "h2" else Client
        self.more = {"tls": pair.client_context(), **more}
        self.free = []  # connections that take another request

    def connect(self):
        """Has a connection before the first request. Of HTTP/2 it has read all that comes by itself:
        one that is closed with something unread is reset, and a request may be lost with it."""
        if not self.free:
            self.free.append(self.kind(self.url, **self.more))
            if self.kind is H2Client:
                self.free[0].synchronise()

    def _connection(self):
        """Of HTTP/2 one for all exchanges; of HTTP/1.1 one that has none."""
        self.connect()
        return self.free[0] if self.kind is H2Client else self.free.pop()

    def start(self, method="POST", target=wire.CHAT, fields=(), body=None, host=NAME, length=None):
        """Sends a request; returns its exchange. `length`: of all the content, when `body` is only
        its beginning; the rest comes by `send_body`."""
        connection = self._connection()
        if length is not None:
            fields = [*fields, ("Content-Length", str(length))]
        if self.kind is H2Client:
            small = [(name.lower(), value) for name, value in fields]
            stream = connection.open(head(method, target, small, authority=host), end=body is None)
            if body is not None:
                stream.upload(body, end=length is None)
            return NewExchange(stream)
        if length is not None:
            connection.send(wire.request(method, target, fields, host=host) + body)
        else:
            connection.send(wire.request(method, target, fields, body, host))
        return OldExchange(connection, method)

    def ask(self, method="POST", target=wire.CHAT, fields=(), body=None, **more):
        """A whole exchange; an HTTP/1.1 connection then takes the next one."""
        exchange = self.start(method, target, fields, body, **more)
        response = exchange.read_response()
        if self.kind is Client and response.field("Connection") != "close":
            self.free.append(exchange.connection)
        return response

    def post_chat(self, text="Hello", fields=(), **more):
        """Sends a whole chat request; returns its exchange."""
        return self.start(fields=[JSON, *fields], body=wire.chat(text, **more))

    def chat(self, text="Hello", fields=(), **more):
        return self.ask(fields=[JSON, *fields], body=wire.chat(text, **more))

    def get(self, target, fields=()):
        return self.ask("GET", target, fields)

    def close(self):
        for connection in self.free:
            connection.close()
