"""An HTTP/2 client that speaks frames. By itself it does only what every case would have to do: it
acknowledges SETTINGS, answers PING, decodes header blocks and keeps the streams' frames apart.

Unless told otherwise its windows are as large as they can be, so that it never has to open them.
"""

import ssl
import time

from . import frames, timing, wire
from .cases import equal
from .client import connected
from .frames import MOST_WINDOW, WINDOW
from .h2_stream import H2Stream
from .peer import Closed, Peer


def head(method="POST", target=wire.CHAT, fields=(), scheme="http", authority="penstock.test"):
    """A request's fields."""
    return [(":method", method), (":scheme", scheme), (":authority", authority), (":path", target),
            *fields]


def chat_head(fields=()):
    return head(fields=[("content-type", "application/json"), *fields])


class H2Client(Peer):
    """Connects to "http://host:port", and sends the preface and its SETTINGS.

    `window`: bytes of each response that may come before `grant`; `settings`: further ones, as pairs;
    `start=False`: nothing is sent; `tls`: an ssl.SSLContext that offers h2.
    """

    def __init__(self, address, window=MOST_WINDOW, settings=(), start=True, tls=None,
                 receive_buffer=None):
        connection = connected(address, receive_buffer)
        if tls:
            connection = tls.wrap_socket(connection, server_hostname="penstock.test")
            equal(connection.selected_alpn_protocol(), "h2", "protocol by ALPN")
        super().__init__(connection, "client")
        self.reader = frames.HeaderReader()
        self.streams = {}
        self.next_id = 1
        self.window = WINDOW  # of the connection: what the server still takes
        self.stream_window = WINDOW  # of a new stream
        self.settings = None  # the server's, once they came
        self.settings_acks = 0
        self.goaways = []
        self.pongs = []
        self.answers_pings = True
        self._open_block = None  # a header block under way: its first frame and the bytes so far
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

    def receive_until(self, enough, what):
        """Takes frames in until there is enough."""
        end = time.monotonic() + timing.limit()
        while not enough():
            self.receive(what, end - time.monotonic())

    def receive(self, what, seconds=None):
        """Takes in one frame, whichever comes."""
        try:
            self._take(self._read_frame(timing.limit() if seconds is None else seconds))
        except TimeoutError:
            raise AssertionError(f"{self.name}: waited {timing.limit():.0f} s for {what}") from None

    def _receive(self, seconds):
        try:
            super()._receive(seconds)
        except ssl.SSLEOFError:  # TCP ended without TLS's close_notify
            self.ended = "rst"
            raise Closed("rst", self.buffer) from None

    def _read_frame(self, seconds):
        """The next frame as it came."""
        end = time.monotonic() + seconds
        while len(self.buffer) < self._frame_size():
            self._receive(end - time.monotonic())
        size = self._frame_size()
        raw, self.buffer = self.buffer[:size], self.buffer[size:]
        stream = frames.number(raw[5:9]) & MOST_WINDOW
        return frames.Frame(raw[3], raw[4], stream, raw[9:])

    def _frame_size(self):
        """Of the frame at the buffer's beginning, as far as that is known."""
        known = len(self.buffer) >= frames.HEADER_SIZE
        return frames.HEADER_SIZE + (frames.number(self.buffer[:3]) if known else 0)

    def _take(self, one):
        if one.type in (frames.HEADERS, frames.CONTINUATION):
            one = self._whole_head(one)
            if one is None:
                return
        if one.type == frames.WINDOW_UPDATE:
            self._take_window(one)
        elif one.stream:
            if one.stream in self.streams:
                self.streams[one.stream].frames.append(one)
        elif one.type == frames.SETTINGS:
            self._take_settings(one)
        elif one.type == frames.PING:
            self._take_ping(one)
        elif one.type == frames.GOAWAY:
            self.goaways.append(one)

    def _whole_head(self, one):
        """HEADERS with the decoded fields of its whole block; nothing while more of it must come."""
        if one.type == frames.HEADERS:
            self._open_block = (one, frames.content_of(one))
        else:
            first, block = self._open_block
            self._open_block = (first, block + one.payload)
        if not one.flags & frames.END_HEADERS:
            return None
        first, block = self._open_block
        return first._replace(payload=block, fields=self.reader.fields(block))

    def _take_window(self, one):
        increment = frames.number(one.payload)
        if one.stream == 0:
            self.window += increment
        elif one.stream in self.streams:
            self.streams[one.stream].window += increment

    def _take_settings(self, one):
        if one.flags & frames.ACK:
            self.settings_acks += 1
            return
        self.settings = {frames.number(one.payload[at:at + 2]): frames.number(
            one.payload[at + 2:at + 6]) for at in range(0, len(one.payload), 6)}
        window = self.settings.get(frames.INITIAL_WINDOW_SIZE, self.stream_window)
        for stream in self.streams.values():
            stream.window += window - self.stream_window
        self.stream_window = window
        self.send(frames.settings_ack())

    def _take_ping(self, one):
        if one.flags & frames.ACK:
            self.pongs.append(one.payload)
        elif self.answers_pings:
            self.send(frames.ping(one.payload, ack=True))
