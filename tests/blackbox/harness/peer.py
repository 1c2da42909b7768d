"""One end of a TCP or unix connection, read and written byte by byte with limits on every wait."""

import select
import socket
import ssl
import struct
import threading
import time

from . import timing
from .cases import shorten
from .wire import Head


STEP = 1 << 20


class Closed(Exception):
    """The other side ended the connection; `how` is "fin" or "rst"."""

    def __init__(self, how, rest):
        super().__init__(f"connection ended ({how}) after {shorten(rest)}")
        self.how = how
        self.rest = rest


class Peer:
    def __init__(self, connection, name):
        self.socket = connection
        self.name = name
        self.buffer = b""
        self.ended = None  # "fin" or "rst"
        self.reading = False  # some thread is inside a read
        self.tls_lock = threading.Lock()

    def send(self, data):
        if isinstance(self.socket, ssl.SSLSocket):
            rest = memoryview(data)
            while rest:
                sent = self._with_tls(lambda part=rest[:STEP]: self.socket.send(part),
                                      timing.limit())
                rest = rest[sent:]
            return
        self.socket.settimeout(timing.limit())
        self.socket.sendall(data)

    def send_what_is_taken(self, data):
        """To a side that may close before it has read all."""
        try:
            self.send(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            pass

    def _with_tls(self, work, seconds):
        """`work` on a TLS connection. OpenSSL's may be used by one thread at a time, and here one
        may read while another sends: so nobody waits inside it."""
        end = time.monotonic() + seconds
        while True:
            with self.tls_lock:
                self.socket.settimeout(0)
                try:
                    return work()
                except ssl.SSLWantReadError:
                    wanted = ([self.socket], [])
                except ssl.SSLWantWriteError:
                    wanted = ([], [self.socket])
            left = end - time.monotonic()
            if left <= 0 or not any(select.select(*wanted, [], left)):
                raise TimeoutError

    def send_in_pieces(self, data, size=1):
        for start in range(0, len(data), size):
            self.send(data[start:start + size])

    def send_until_blocked(self, piece, most):
        """Sends pieces until none of it is taken for two seconds. Returns how many bytes went, and
        what is left of the piece under way. Stops after `most` bytes."""
        self.socket.setblocking(False)
        sent = 0
        rest = b""
        while sent < most:
            if not select.select([], [self.socket], [], timing.limit(2))[1]:
                break
            rest = rest or piece
            try:
                count = self.socket.send(rest)
            except (BlockingIOError, ssl.SSLWantWriteError):
                continue
            sent += count
            rest = rest[count:]
        return sent, rest

    def send_until_closed(self, piece):
        """Sends pieces until the other side closes the connection."""
        self.socket.settimeout(timing.limit())
        end = time.monotonic() + timing.limit()
        try:
            while time.monotonic() < end:
                self.socket.send(piece)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            return
        except TimeoutError:
            pass
        raise AssertionError(f"{self.name}: the connection stayed open")

    def _receive(self, seconds):
        """Reads once into the buffer. Raises Closed at the end, TimeoutError at the limit."""
        if self.ended:
            raise Closed(self.ended, self.buffer)
        self.reading = True
        try:
            data = self._read_some(max(0.001, seconds))
        except (ConnectionResetError, ssl.SSLEOFError):  # or TLS without its own end
            self.ended = "rst"
            raise Closed("rst", self.buffer) from None
        finally:
            self.reading = False
        if not data:
            self.ended = "fin"
            raise Closed("fin", self.buffer)
        self.buffer += data

    def _read_some(self, seconds):
        if isinstance(self.socket, ssl.SSLSocket):
            return self._with_tls(lambda: self.socket.recv(1 << 16), seconds)
        self.socket.settimeout(seconds)
        return self.socket.recv(1 << 16)

    def _receive_until(self, enough, what):
        end = time.monotonic() + timing.limit()
        while not enough():
            try:
                self._receive(end - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"{self.name}: waited {timing.limit():.0f} s for {what}; "
                                     f"came so far: {shorten(self.buffer)}") from None

    def read_exactly(self, count):
        parts = []
        while count > STEP:  # one buffer for all of it would be copied with each read
            parts.append(self.read_exactly(STEP))
            count -= STEP
        self._receive_until(lambda: len(self.buffer) >= count, f"{count} bytes")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return b"".join((*parts, data)) if parts else data

    def read_past(self, marker):
        self._receive_until(lambda: marker in self.buffer, f"{marker!r}")
        data, _, self.buffer = self.buffer.partition(marker)
        return data + marker

    def expect(self, data):
        """Exactly these bytes come next. The barrier of streaming cases."""
        came = self.read_exactly(len(data))
        if came != data:
            raise AssertionError(f"{self.name}:\n  expected {shorten(data)}\n  came     "
                                 f"{shorten(came + self.buffer)}")

    def read_head(self):
        return Head(self.read_past(b"\r\n\r\n")[:-2])

    def read_chunk(self):
        """The content of one chunk; empty for the last, after whose line the trailers still come."""
        size = int(self.read_past(b"\r\n")[:-2].split(b";")[0], 16)
        if size == 0:
            return b""
        data = self.read_exactly(size)
        self.expect(b"\r\n")
        return data

    def read_chunked(self):
        """All content of a chunked body, its trailers read and dropped."""
        return self.read_chunked_with_trailers()[0]

    def read_chunked_with_trailers(self):
        content = b""
        while data := self.read_chunk():
            content += data
        return content, self.read_trailers()

    def read_trailers(self):
        """The fields after a chunked body's last chunk."""
        fields = []
        while (line := self.read_past(b"\r\n")) != b"\r\n":
            name, _, value = line.decode("latin-1").partition(":")
            fields.append((name, value.strip()))
        return fields

    def read_to_end(self):
        """What still comes, and how the connection ended: (bytes, "fin" or "rst")."""
        try:
            self._receive_until(lambda: False, "the connection's end")
        except Closed as closed:
            data, self.buffer = self.buffer, b""
            return data, closed.how
        raise AssertionError("unreachable")

    def expect_end(self):
        """Nothing more comes, and the connection ends. Returns how."""
        data, how = self.read_to_end()
        if data:
            raise AssertionError(f"{self.name}: expected the end, came {shorten(data)}")
        return how

    def expect_silence(self, seconds):
        """Nothing comes for so long. Only for what must not happen, never to wait for something."""
        try:
            self._receive(timing.limit(seconds))
        except TimeoutError:
            return
        raise AssertionError(f"{self.name}: expected silence, came {shorten(self.buffer)}")

    def half_close(self):
        socket.socket.shutdown(self.socket, socket.SHUT_WR)  # also under TLS

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._end_reads()
        self.socket.close()

    def _end_reads(self):
        """A thread inside a read would keep the connection alive beyond its closing, and then read
        from whichever connection has got its number."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RD)
        except OSError:
            pass  # the other side was quicker
        end = time.monotonic() + 1
        while self.reading and time.monotonic() < end:
            time.sleep(0.001)
