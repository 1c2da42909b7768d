"""What a case of hostile HTTP/2 needs: an attacker that may not listen, and a neighbour who must not
notice."""

import select
import socket
import threading
import time

from . import frames, timing
from .cases import equal
from .h2_client import H2Client
from .peer import Closed

PAUSE = object()  # a batch that stands for: wait until all that went has been dealt with


class Attacker:
    """Sends what it is given until the proxy ends its connection."""

    def __init__(self, proxy, listens=True, acknowledges=True):
        self.client = H2Client(proxy.url, start=False, receive_buffer=None if listens else 16 << 10)
        self.client.acknowledges_settings = acknowledges
        self.client.send(frames.PREFACE + frames.settings())
        self.client.synchronise()
        self.listens = listens

    def send(self, batches):
        """Sends all of them, or as many as the proxy lets it."""
        try:
            for batch in batches:
                if batch is PAUSE:
                    self.client.synchronise()
                elif not self._send_one(batch):
                    return
        except Closed:
            pass

    def _send_one(self, batch):
        """False when the connection has ended."""
        end = time.monotonic() + timing.limit()
        while batch:
            if time.monotonic() > end:
                raise AssertionError("the proxy takes no bytes and keeps the connection")
            readers = [self.client.socket] if self.listens else []
            readable, writable, _ = select.select(readers, [self.client.socket], [], 0.5)
            try:
                if readable:
                    self.client.receive("a frame")
                if writable:
                    batch = batch[self.client.socket.send(batch, socket.MSG_DONTWAIT):]
            except BlockingIOError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return False
        return True

    def wait_for_end(self):
        """Reads whatever still comes, until the connection ends."""
        self.client.read_to_end()


class Neighbour(threading.Thread):
    """Asks on a connection of its own, one request after the other, until it is told to stop."""

    def __init__(self, proxy, expected):
        super().__init__(daemon=True)
        self.client = H2Client(proxy.url)
        self.expected = expected
        self.answers = 0
        self.problem = None
        self.stopped = threading.Event()

    def run(self):
        try:
            while not self.stopped.is_set():
                response = self.client.chat(f"question {self.answers}")
                equal((response.status, response.body), (200, self.expected), "answer")
                self.answers += 1
        except (Closed, OSError, AssertionError) as error:
            self.problem = repr(error)

    def wait_for_more(self):
        """Until it has been answered a few times from now on."""
        enough = self.answers + 3
        timing.eventually(lambda: self.problem or self.answers >= enough, "the neighbour's answers")

    def stop(self):
        self.stopped.set()
        self.join(timing.limit())
        self.client.close()
