"""ZeroMQ's wire protocol, the bound side of it: ZMTP 3.0 without security (rfc.zeromq.org/spec/23)."""

import socket
import struct
import threading

GREETING = (b"\xff" + bytes(7) + b"\x01\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0"
            + bytes(31))
MORE, LONG, COMMAND = 1, 2, 4


def frame(body, flags=0):
    if len(body) < 256:
        return bytes([flags, len(body)]) + body
    return bytes([flags | LONG]) + struct.pack(">Q", len(body)) + body


def message(frames):
    return b"".join(frame(body, MORE if at + 1 < len(frames) else 0)
                    for at, body in enumerate(frames))


class Connection:
    """One peer. Its messages go to `on_message(connection, frames)`."""

    def __init__(self, accepted, kind, on_message):
        self.socket = accepted
        self.on_message = on_message
        self.ready = threading.Event()
        self.lock = threading.Lock()
        name = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind.encode()
        self.send_raw(GREETING + frame(name, COMMAND))

    def start(self):
        threading.Thread(target=self._serve, daemon=True).start()

    def send(self, frames):
        self.send_raw(message(frames))

    def send_raw(self, data):
        with self.lock:
            try:
                self.socket.sendall(data)
            except OSError:
                pass  # the peer has gone

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def _serve(self):
        try:
            with self.socket.makefile("rb") as stream:
                self._read(stream, len(GREETING))
                frames = []
                while True:
                    flags, body = self._read_frame(stream)
                    if flags & COMMAND:
                        self._take_command(body)
                        continue
                    frames.append(body)
                    if not flags & MORE:
                        self.on_message(self, frames)
                        frames = []
        except (EOFError, OSError, ValueError):
            pass

    def _take_command(self, body):
        if body.startswith(b"\x04PING"):
            self.send_raw(frame(b"\x04PONG" + body[7:], COMMAND))

    def _read_frame(self, stream):
        flags = self._read(stream, 1)[0]
        size = self._read(stream, 8 if flags & LONG else 1)
        return flags, self._read(stream, int.from_bytes(size, "big"))

    @staticmethod
    def _read(stream, count):
        data = stream.read(count)
        if len(data) < count:
            raise EOFError
        return data


class Bound:
    """A bound socket of this kind ("PUB", "ROUTER") on a free port of this machine."""

    def __init__(self, kind, on_message):
        self.kind = kind
        self.on_message = on_message
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            # In the list before it is heard: who is told of a subscriber can reach it.
            self.connections.append(Connection(accepted, self.kind, self.on_message))
            self.connections[-1].start()

    def drop(self):
        """Closes all connections; peers come again."""
        for each in self.connections:
            each.close()
        self.connections.clear()

    def close(self):
        self.listener.close()
        self.drop()
