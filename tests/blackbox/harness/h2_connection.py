"""One end of an HTTP/2 connection. By itself it does only what every case would have to do: it
acknowledges SETTINGS, answers PING, decodes header blocks and keeps the streams' frames apart.
"""

import threading
import time

from . import frames, timing
from .frames import MOST_WINDOW, WINDOW
from .peer import Peer


class H2Connection(Peer):
    def __init__(self, connection, name):
        super().__init__(connection, name)
        self.reader = frames.HeaderReader()
        self.streams = {}
        self.window = WINDOW  # of the connection: what the other side still takes
        self.stream_window = WINDOW  # of a new stream
        self.settings = None  # the other side's, once they came
        self.settings_acks = 0
        self.goaways = []
        self.pongs = []
        self.pings = []
        self.answers_pings = True
        self.acknowledges_settings = True
        self._open_block = None  # a header block under way: its first frame and the bytes so far
        self._sending = threading.Lock()  # an engine's thread acknowledges while its case sends

    def send(self, data):
        with self._sending:
            super().send(data)

    def stream_of(self, one):
        """The stream that a frame belongs to, or nothing."""
        return self.streams.get(one.stream)

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
            if stream := self.stream_of(one):
                stream.frames.append(one)
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
        if self.acknowledges_settings:
            self.send(frames.settings_ack())

    def _take_ping(self, one):
        if one.flags & frames.ACK:
            self.pongs.append(one.payload)
            return
        self.pings.append(one.payload)
        if self.answers_pings:
            self.send(frames.ping(one.payload, ack=True))
