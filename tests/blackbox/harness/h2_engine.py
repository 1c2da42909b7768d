"""A scripted engine's end of an HTTP/2 connection, with many requests at a time."""

import json
import socket
import threading
from collections import deque

from . import frames, timing
from .cases import equal
from .frames import FRAME_SIZE, MOST_WINDOW, WINDOW
from .h2_connection import H2Connection
from .messages import Fields
from .peer import Closed

HOUR = 3600  # an idle connection may wait as long as the case lives


class H2EngineRequest(Fields):
    """A request that reached the engine; the same to a case as one of HTTP/1.1."""

    def __init__(self, connection, number, fields):
        self.connection = connection
        self.id = number
        pseudo = dict(fields)
        self.method, self.target = pseudo[":method"], pseudo.get(":path")
        self.host = pseudo.get(":authority")
        self.fields = [field for field in fields if not field[0].startswith(":")]
        self.version = "HTTP/2"
        self.body = b""
        self.checked = 0  # bytes of it
        self.trailers = None
        self.frames = deque()
        self.window = connection.stream_window
        self.complete = False  # all of it is here
        self.cancelled = None  # the code of the RST_STREAM that came
        self.taken = False

    def expect_content(self, data):
        """Exactly this comes next of the body."""
        if not self.connection.wait_for(lambda: len(self.body) >= self.checked + len(data), "content"):
            raise Closed(self.connection.ended, self.body)
        equal(self.body[self.checked:self.checked + len(data)], data, "content")
        self.checked += len(data)

    def respond(self, status=200, fields=(), body=b"{}", reason="OK"):
        """A whole response. `reason` is only HTTP/1.1's."""
        del reason
        self._send_head(status, [*fields, ("content-length", len(body))], end=not body)
        if body:
            self.send_data(body, end=True)

    def respond_json(self, document, status=200):
        self.respond(status, [("content-type", "application/json")], json.dumps(document).encode())

    def respond_without_body(self, status, fields=()):
        self._send_head(status, fields, end=True)

    def send_interim(self, status, fields=()):
        self._send_head(status, fields)

    def start_stream(self):
        self._send_head(200, [("content-type", "text/event-stream")])

    def start_counted(self, length):
        self._send_head(200, [("content-length", length)])

    def send_chunk(self, data):
        self.send_data(data)

    def end_stream(self, trailers=()):
        if trailers:
            self.connection.send(frames.headers(self.id, lowered(trailers), end=True))
        else:
            self.send_data(b"", end=True)

    def _send_head(self, status, fields, end=False):
        self.connection.send(frames.headers(self.id, [(":status", str(status)), *lowered(fields)],
                                            end))

    def send_data(self, data, end=False):
        """DATA frames, as the proxy's windows allow."""
        while data:
            room = self.connection.wait_for(self._room, "WINDOW_UPDATE")
            if not room:
                raise Closed(self.connection.ended, b"")
            piece, data = data[:min(room, FRAME_SIZE)], data[min(room, FRAME_SIZE):]
            self._send_piece(piece, end and not data)
            if not data:
                return
        self._send_piece(b"", end)

    def _send_piece(self, piece, end):
        self.window -= len(piece)
        self.connection.window -= len(piece)
        self.connection.send(frames.data(self.id, piece, end))

    def _room(self):
        return max(0, min(self.window, self.connection.window))

    def break_off(self):
        self.connection.send(frames.rst_stream(self.id, frames.INTERNAL_ERROR))

    def close(self):
        """Ends the connection, with all its streams."""
        self.connection.end()

    def reset(self):
        self.connection.reset()

    def expect_cancelled(self):
        self.connection.wait_for(lambda: self.cancelled is not None or self.connection.ended,
                                 "the proxy to give the request up")

    def take_in(self):
        """What has come of it, in the connection's thread."""
        while self.frames:
            one = self.frames.popleft()
            if one.type == frames.DATA:
                self.body += frames.content_of(one)
            elif one.type == frames.HEADERS:
                self.trailers = one.fields
            elif one.type == frames.RST_STREAM:
                self.cancelled = one.code
            self.complete = self.complete or one.ends_stream


def lowered(fields):
    return [(name.lower(), str(value)) for name, value in fields]


class H2EngineConnection(H2Connection):
    def __init__(self, engine, connection, number):
        super().__init__(connection, f"engine {engine.name}")
        self.engine = engine
        self.number = number
        self.changed = threading.Condition()

    def serve(self):
        """The connection's thread: frames in, until it ends."""
        try:
            self.expect(frames.PREFACE)
            self.send(frames.settings([(frames.INITIAL_WINDOW_SIZE, MOST_WINDOW),
                                       (frames.MAX_CONCURRENT_STREAMS, 100)])
                      + frames.window_update(0, MOST_WINDOW - WINDOW))
            while True:
                self.receive("a frame", HOUR)
                self._hand_over()
        except (Closed, OSError, AssertionError):
            self.ended = self.ended or "rst"
            self.engine.live.discard(self)
            with self.changed:
                self.changed.notify_all()

    def stream_of(self, one):
        if one.type == frames.HEADERS and one.stream not in self.streams:
            request = H2EngineRequest(self, one.stream, one.fields)
            self.streams[one.stream] = request
            request.complete = one.ends_stream
            return None
        return self.streams.get(one.stream)

    def _hand_over(self):
        """Gives the engine each request that is here as far as its case wants it."""
        for request in list(self.streams.values()):
            request.take_in()
            if not request.taken and (request.complete or not self.engine.read_bodies):
                request.taken = True
                threading.Thread(target=self.engine.take, args=(request,), daemon=True).start()
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, condition, what):
        """Until frames that came in make it true. For other threads than the connection's."""
        with self.changed:
            if not self.changed.wait_for(lambda: condition() or self.ended, timing.limit()):
                raise AssertionError(f"{self.name}: waited {timing.limit():.0f} s for {what}")
        return condition()

    def end(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was quicker
        self.close()
