"""An HTTP/2 client that speaks frames (see h2_connection.py for what it does by itself).

Unless told otherwise its windows are as large as they can be, so that it never has to open them.
"""

from . import frames, timing, wire
from .cases import equal
from .client import connected
from .frames import MOST_WINDOW, WINDOW
from .h2_connection import H2Connection
from .h2_stream import H2Stream
from .peer import Closed


def head(method="POST", target=wire.CHAT, fields=(), scheme="http", authority="penstock.test"):
    """A request's fields."""
    return [(":method", method), (":scheme", scheme), (":authority", authority), (":path", target),
            *fields]


def chat_head(fields=()):
    return head(fields=[("content-type", "application/json"), *fields])


class H2Client(H2Connection):
    """Connects to "http://host:port", and sends the preface and its SETTINGS.

    `window`: bytes of each response that may come before `grant`; `settings`: further ones, as pairs;
    `start=False`: nothing is sent; `tls`: an ssl.SSLContext that offers h2.
    """

    def __init__(self, address, window=MOST_WINDOW, settings=(), start=True, tls=None,
                 receive_buffer=None):
        connection = connected(address, receive_buffer, tls)
        if tls:
            equal(connection.selected_alpn_protocol(), "h2", "protocol by ALPN")
        super().__init__(connection, "client")
        self.next_id = 1
        if start:
            self.start([(frames.ENABLE_PUSH, 0), (frames.INITIAL_WINDOW_SIZE, window), *settings])

    def start(self, settings):
        self.send(frames.PREFACE + frames.settings(settings)
                  + frames.window_update(0, MOST_WINDOW - WINDOW))

    def reserve(self):
        """A new stream of which nothing has been sent yet."""
        stream = H2Stream(self, self.next_id)
        self.streams[stream.id] = stream
        self.next_id += 2
        return stream

    def open(self, fields, end=True, block=None, pieces=1):
        """A new stream with a request's head."""
        stream = self.reserve()
        self.send(frames.headers(stream.id, fields, end, block, pieces))
        return stream

    def ask(self, fields, body=None):
        """A whole exchange."""
        stream = self.open(fields, end=body is None)
        if body is not None:
            stream.upload(body)
        return stream.read_response()

    def post_chat(self, text="Hello", fields=(), **more):
        """Sends a whole chat request; returns its stream."""
        stream = self.open(chat_head(fields), end=False)
        stream.upload(wire.chat(text, **more))
        return stream

    def chat(self, text="Hello", fields=(), **more):
        return self.post_chat(text, fields, **more).read_response()

    def get(self, target, fields=()):
        return self.ask(head("GET", target, fields))

    def synchronise(self):
        """Until the server has dealt with what was sent so far, and SETTINGS are agreed."""
        count = len(self.pongs)
        self.send(frames.ping())
        self.receive_until(lambda: len(self.pongs) > count and self.settings is not None
                           and self.settings_acks, "the answers to SETTINGS and PING")

    def expect_goaway(self, *codes):
        """The next GOAWAY comes, with one of these codes; returns it."""
        self.receive_until(lambda: self.goaways, "GOAWAY")
        one = self.goaways.pop(0)
        if codes and one.code not in codes:
            raise AssertionError(f"expected {[frames.code_name(code) for code in codes]}, "
                                 f"came {one!r}")
        return one

    def read_to_end(self):
        """Reads frames until the connection ends. How it ended: "fin" or "rst"."""
        try:
            self.receive_until(lambda: False, "the connection's end")
        except Closed as closed:
            return closed.how
        raise AssertionError("unreachable")

    def expect_silence(self, seconds):
        """No frame comes for so long. Only for what must not happen, never to wait for something."""
        try:
            one = self._read_frame(timing.limit(seconds))
        except TimeoutError:
            return
        raise AssertionError(f"expected no frame, came {one!r}")
