"""A scripted engine whose every HTTP/2 frame the case says, also illegal ones and those that no
well-behaved server would send. For the others there is `engine.py`.

By itself it does only what every case would have to do: it greets, acknowledges SETTINGS and PING,
opens its windows wide and decodes header blocks. Each request is given to the case when its head has
come.
"""

import queue
import socket
import threading

from . import frames, timing
from .frames import MOST_WINDOW, WINDOW
from .peer import Closed, Peer


class FrameRequest:
    """One stream. Its body comes in beside the case: see `wait_for`."""

    def __init__(self, connection, number, fields):
        self.connection = connection
        self.id = number
        self.fields = fields
        self.body = b""
        self.trailers = None
        self.ended = False
        self.reset_code = None
        self.window = 0  # what the proxy has given since the stream began

    def field(self, name):
        return dict(self.fields).get(name)

    def wait_for_end(self):
        timing.eventually(lambda: self.ended, "the request's end")
        return self.body

    def wait_for_reset(self):
        timing.eventually(lambda: self.reset_code is not None, "a reset of the stream")
        return self.reset_code

    def send_head(self, fields=(), status="200", end=False):
        self.connection.send(frames.headers(self.id, [(":status", status), *fields], end))

    def send_data(self, content=b"", end=False):
        for at in range(0, len(content) or 1, frames.FRAME_SIZE):
            piece = content[at:at + frames.FRAME_SIZE]
            self.connection.send(frames.data(self.id, piece,
                                             end and at + frames.FRAME_SIZE >= len(content)))

    def send_trailers(self, fields):
        self.connection.send(frames.headers(self.id, fields, end=True))

    def reset(self, code=frames.INTERNAL_ERROR):
        self.connection.send(frames.rst_stream(self.id, code))

    def respond(self, body=b"{}", fields=(), status="200"):
        self.send_head([("content-type", "application/json"), *fields], status)
        self.send_data(body, end=True)


class FrameConnection(Peer):
    def __init__(self, engine, connection, number):
        super().__init__(connection, "HTTP/2 engine")
        self.engine = engine
        self.number = number
        self.reader = frames.HeaderReader()
        self.requests = {}
        self.goaways = []
        self.greeting = b""  # the preface, where it is HTTP/2
        self.sending = threading.Lock()
        self.held = None if engine.greets else b""  # what waits for the greeting
        self.window = WINDOW  # of the connection: what may be sent

    def send(self, data):
        with self.sending:
            if self.held is None:
                super().send(data)
            else:
                self.held += data

    def serve(self):
        try:
            self.greeting = self._read(len(frames.PREFACE))
            if self.held is None:
                self.greet()
            while True:
                self._take(self._read_frame())
        except (Closed, OSError, AssertionError):
            self.ended = self.ended or "fin"
        self.engine.live.discard(self)

    def greet(self):
        with self.sending:
            held, self.held = self.held or b"", None
            super().send(frames.settings(self.engine.settings)
                         + frames.window_update(0, MOST_WINDOW - WINDOW) + held)

    def _read_frame(self):
        head = self._read(frames.HEADER_SIZE)
        payload = self._read(frames.number(head[:3]))
        return frames.Frame(head[3], head[4], frames.number(head[5:9]) & MOST_WINDOW, payload)

    def _read(self, count):
        while len(self.buffer) < count:  # an idle connection may wait as long as the case lives
            self._receive(3600)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _take(self, one):
        request = self.requests.get(one.stream)
        if one.type == frames.HEADERS and request:
            request.trailers = self.reader.fields(frames.content_of(one))
            request.ended = one.ends_stream
        elif one.type == frames.HEADERS:
            request = FrameRequest(self, one.stream, self.reader.fields(frames.content_of(one)))
            request.ended = one.ends_stream
            self.requests[one.stream] = request
            self.engine.give(request)
        elif one.type == frames.DATA and request:
            content = frames.content_of(one)
            request.body += content
            if content:
                self.send(frames.window_update(one.stream, len(one.payload)))
            request.ended = one.ends_stream
        elif one.type == frames.RST_STREAM and request:
            request.reset_code = one.code
        elif one.type == frames.WINDOW_UPDATE and request:
            request.window += frames.number(one.payload)
        elif one.type == frames.WINDOW_UPDATE:
            self.window += frames.number(one.payload)
        elif one.type == frames.SETTINGS and not one.flags & frames.ACK:
            self.send(frames.settings_ack())
        elif one.type == frames.PING and not one.flags & frames.ACK:
            self.send(frames.ping(one.payload, ack=True))
        elif one.type == frames.GOAWAY:
            self.goaways.append(one)

    def wait_for_end(self):
        timing.eventually(lambda: self.ended, "the connection's end")

    def close(self):
        self._stop_reading()
        super().close()

    def reset(self):
        self._stop_reading()
        super().reset()

    def _stop_reading(self):
        """A socket that is being read would stay open."""
        try:
            self.socket.shutdown(socket.SHUT_RD)
        except OSError:
            return
        self.wait_for_end()


class FrameEngine:
    """`settings`: pairs. `greets=False`: a case greets its connections by itself. `on_request`:
    answers in the connection's thread, else the case does."""

    def __init__(self, settings=(), greets=True):
        self.settings = settings
        self.greets = greets
        self.on_request = None
        self.queue = queue.Queue()
        self.connections = []
        self.live = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def give(self, request):
        if self.on_request:
            self.on_request(request)
        else:
            self.queue.put(request)

    def next_request(self):
        try:
            return self.queue.get(timeout=timing.limit())
        except queue.Empty:
            raise AssertionError(f"waited {timing.limit():.0f} s for a request") from None

    def _accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = FrameConnection(self, accepted, len(self.connections) + 1)
            self.connections.append(connection)
            self.live.add(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        except OSError:
            pass
        self.listener.close()
        for connection in list(self.live):
            connection.close()
