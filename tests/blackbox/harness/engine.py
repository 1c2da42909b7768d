"""A scripted engine: a socket that the case speaks through, byte by byte.

Polls of health, metrics and models are answered by themselves; every other request waits in a queue
for the case (`next_request`), or is given to `on_request` where a case set that.
"""

import json
import queue
import socket
import ssl
import threading

from . import timing, wire
from .h2_engine import H2EngineConnection
from .messages import Fields
from .peer import Closed, Peer


class EngineRequest(Peer, Fields):
    """A request that reached the engine, and the connection it came on."""

    def __init__(self, connection, head, body):
        super().__init__(connection.socket, f"engine {connection.engine.name}")
        self.connection = connection
        self.buffer = connection.buffer
        self.head = head
        self.fields = head.fields
        self.host = head.field("Host")
        self.method, self.target, self.version = head.first
        self.body = body
        self.counted = False  # the response has a Content-Length, no chunks
        self.finished = threading.Event()

    def expect_content(self, data):
        """Exactly this comes next of the body, of which `read_bodies=False` has read nothing."""
        self.expect(data)

    def respond(self, status=200, fields=(), body=b"{}", reason="OK"):
        """A whole response; the connection then takes the next request."""
        self.send(wire.response(status, fields, body, reason))
        self.done()

    def respond_json(self, document, status=200):
        self.respond(status, [("Content-Type", "application/json")], json.dumps(document).encode())

    def start_stream(self):
        self.send(wire.STREAM_HEAD)

    def start_counted(self, length):
        """A response of so many bytes, which `send_chunk` sends."""
        self.send(wire.head(200, [("Content-Length", length)]))
        self.counted = True

    def send_chunk(self, data):
        self.send(data if self.counted else wire.chunk(data))

    def end_stream(self, trailers=()):
        lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
        self.send(b"0\r\n" + lines.encode() + b"\r\n")
        self.done()

    def respond_without_body(self, status, fields=()):
        """A head that says all there is: to HEAD, or 204."""
        self.send(wire.head(status, fields))
        self.done()

    def send_interim(self, status, fields=()):
        self.send(wire.head(status, fields))

    def done(self):
        """The exchange is over; the connection's thread reads on."""
        self.connection.buffer = self.buffer
        self.finished.set()

    def close(self):
        """Ends the connection with FIN, whoever else still looks at it."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was quicker
        super().close()
        self.finished.set()

    def end_connection(self):
        """Ends the connection as an answer ends that has no length: over TLS with close_notify."""
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.settimeout(0)
            try:
                self.socket.unwrap()
            except ssl.SSLWantReadError:
                pass  # nobody waits for the other side's
        self.close()

    def reset(self):
        super().reset()
        self.finished.set()

    def break_off(self):
        """Ends this exchange so that it cannot be taken for complete."""
        self.reset()

    def expect_cancelled(self):
        """The proxy gives this request up."""
        self.expect_end()


class EngineConnection(Peer):
    def __init__(self, engine, connection, number):
        super().__init__(connection, f"engine {engine.name}")
        self.engine = engine
        self.number = number

    def serve(self):
        """The connection's thread: one request after the other until it ends."""
        try:
            while True:
                self._serve_one()
        except (Closed, OSError, AssertionError):
            self.engine.live.discard(self)

    def _serve_one(self):
        self._receive_until(lambda: self.buffer, "a request")
        head = self.read_head()
        request = EngineRequest(self, head, b"")
        poll = self.engine.polls.get(head.first[1])
        if poll and head.first[0] == "GET":
            self._answer_poll(poll)
            return
        self.buffer = request.buffer
        if self.engine.read_bodies:
            request.body = self._read_body(head)
            request.buffer = self.buffer
        self.engine.take(request)
        request.finished.wait()

    def _receive_until(self, enough, what):
        if what != "a request":
            super()._receive_until(enough, what)
            return
        while not enough():  # an idle connection may wait as long as the case lives
            self._receive(3600)

    def _read_body(self, head):
        if head.field("Transfer-Encoding"):
            return self.read_chunked()
        return self.read_exactly(int(head.field("Content-Length") or 0))

    def _answer_poll(self, poll):
        answer = poll() if callable(poll) else poll
        if answer is None:
            threading.Event().wait(timing.limit(600))  # a poll that never comes back
        status, kind, body = answer
        self.send(wire.response(status, [("Content-Type", kind)], body))


class ScriptedEngine:
    """Speaks what it is spoken to, HTTP/1.1 or HTTP/2. `tls`: an ssl.SSLContext for all connections.
    `host` and `port`: of this machine; 0 is any port that is free."""

    def __init__(self, name, models=("demo-model",), read_bodies=True, tls=None, host="127.0.0.1",
                 port=0):
        self.name = name
        self.host = host
        self.tls = tls
        self.read_bodies = read_bodies
        self.on_request = None
        self.queue = queue.Queue()
        self.connections = 0
        self.live = set()
        self.polls = {}
        self.set_health(200)
        self.set_models(*models)
        self.set_metrics(b"# TYPE vllm:num_requests_running gauge\n"
                         b"vllm:num_requests_running 0\nvllm:num_requests_waiting 0\n")
        self.listener = None
        self.port = port
        self.resume()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    def resume(self):
        """Listens, after `refuse` on the same port again."""
        self.listener = socket.socket(socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.host, self.port))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def refuse(self):
        """Connects are refused from now on, and open connections die."""
        self._close_listener()
        for connection in list(self.live):
            connection.reset()

    def _close_listener(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        except OSError:
            pass
        self.listener.close()

    def _accept(self, listener):
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=(accepted, self.connections),
                             daemon=True).start()

    def _serve(self, accepted, number):
        """A connection's thread."""
        try:
            if self.tls:
                accepted = self.tls.wrap_socket(accepted, server_side=True)
                new = accepted.selected_alpn_protocol() == "h2"
            else:
                new = accepted.recv(3, socket.MSG_PEEK) == b"PRI"
        except OSError:  # it went away before it said anything
            return
        kind = H2EngineConnection if new else EngineConnection
        connection = kind(self, accepted, number)
        self.live.add(connection)
        connection.serve()

    def take(self, request):
        """A request is here as far as the case wants it."""
        if self.on_request:
            self.on_request(request)
        else:
            self.queue.put(request)

    def set_health(self, status):
        self.polls["/health"] = (status, "text/plain", b"")

    def set_models(self, *names):
        document = {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
        self.polls["/v1/models"] = (200, "application/json", json.dumps(document).encode())

    def set_metrics(self, page):
        self.polls["/metrics"] = (200, "text/plain; version=0.0.4", page)

    def next_request(self):
        try:
            return self.queue.get(timeout=timing.limit())
        except queue.Empty:
            raise AssertionError(f"engine {self.name}: waited {timing.limit():.0f} s for a request"
                                 ) from None

    def expect_no_request(self):
        """To be asked once something shows that the proxy has dealt with what might have come."""
        if not self.queue.empty():
            request = self.queue.get()
            raise AssertionError(f"engine {self.name}: a request came that must not: "
                                 f"{request.fields!r} {request.body!r}")

    def answer_all(self, body=b'{"object":"chat.completion","choices":[]}', status=200, fields=()):
        """From now on every request gets this answer."""
        self.on_request = lambda request: request.respond(status, fields, body)

    def in_background(self, act):
        """Lets the engine do what waits for the client, such as to send more than fits in between."""
        threading.Thread(target=act, daemon=True).start()

    def close(self):
        self._close_listener()
        for connection in list(self.live):
            connection.socket.close()
