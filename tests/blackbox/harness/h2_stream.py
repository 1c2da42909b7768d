"""One stream of an HTTP/2 client: its request out, its frames in."""

from collections import deque

from . import frames
from .cases import equal
from .frames import FRAME_SIZE
from .messages import Response


def status_of(fields):
    return int(dict(fields)[":status"])


class H2Stream:
    def __init__(self, client, number):
        self.client = client
        self.id = number
        self.frames = deque()  # received and not yet looked at
        self.ended = False  # by a frame that has been looked at
        self.window = client.stream_window  # what the server still takes

    def send_data(self, data=b"", end=False):
        """DATA frames, whatever the windows say."""
        for at in range(0, len(data) or 1, FRAME_SIZE):
            piece = data[at:at + FRAME_SIZE]
            self.client.send(frames.data(self.id, piece, end and at + FRAME_SIZE >= len(data)))
            self.window -= len(piece)
            self.client.window -= len(piece)

    def upload(self, data, end=True):
        """DATA frames as the windows allow."""
        if not data:
            self.send_data(b"", end)
        while data:
            room = min(self.window, self.client.window)
            if room <= 0:
                self.client.receive("WINDOW_UPDATE")
                continue
            piece, data = data[:room], data[room:]
            self.send_data(piece, end and not data)

    def send_trailers(self, fields):
        self.client.send(frames.headers(self.id, fields, end=True))

    def reset(self, code=frames.CANCEL):
        self.client.send(frames.rst_stream(self.id, code))

    def grant(self, bytes_more):
        """Opens this stream's window for the response."""
        self.client.send(frames.window_update(self.id, bytes_more))

    def next_frame(self):
        """This stream's next frame. Raises Closed when the connection ends before."""
        self.client.receive_until(lambda: self.frames, f"a frame of stream {self.id}")
        one = self.frames.popleft()
        self.ended = self.ended or one.ends_stream
        return one

    def read_headers(self):
        """The next frame, which is HEADERS."""
        one = self.next_frame()
        if one.type != frames.HEADERS:
            raise AssertionError(f"expected HEADERS, came {one!r}")
        return one

    def read_head(self):
        """The fields of the next frame, which is HEADERS."""
        return self.read_headers().fields

    def read_status(self):
        return status_of(self.read_head())

    def expect_data(self, data, end=False):
        """The next frame is DATA with exactly this content: the barrier of streaming cases."""
        one = self.next_frame()
        equal((frames.TYPES[one.type], frames.content_of(one), one.ends_stream),
              ("DATA", data, end), "next frame")

    def expect_end(self):
        """The stream ends without more content. The end may come in a frame of its own."""
        self.expect_data(b"", end=True)

    def expect_reset(self, *codes):
        """The stream's next frame is RST_STREAM, with one of these codes."""
        one = self.next_frame()
        if one.type != frames.RST_STREAM or (codes and one.code not in codes):
            names = [frames.code_name(code) for code in codes]
            raise AssertionError(f"expected RST_STREAM {names}, came {one!r}")
        return one.code

    def read_data(self, count):
        """So many bytes of content, which end with a frame."""
        content = bytearray()
        while len(content) < count:
            one = self.next_frame()
            if one.type != frames.DATA:
                raise AssertionError(f"expected {count} bytes of DATA, after {len(content)} came "
                                     f"{one!r}")
            content += frames.content_of(one)
        equal(len(content), count, "bytes of DATA")
        return bytes(content)

    def read_body(self):
        """Content up to the stream's end, and the trailers or None."""
        content = bytearray()
        while True:
            one = self.next_frame()
            if one.type == frames.DATA:
                content += frames.content_of(one)
            elif one.type != frames.HEADERS:
                raise AssertionError(f"the body was broken off after {len(content)} bytes: {one!r}")
            if one.ends_stream:
                return bytes(content), one.fields

    def read_response(self):
        """The final response; 100 (Continue) is skipped."""
        head = self.read_headers()
        while status_of(head.fields) < 200:
            head = self.read_headers()
        body, trailers = (b"", None) if head.ends_stream else self.read_body()
        return Response(status_of(head.fields), head.fields[1:], body, trailers)
