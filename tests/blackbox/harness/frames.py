"""HTTP/2 as bytes (RFC 9113, RFC 7541): frames and header blocks, also illegal ones.

Header blocks are built without Huffman coding and without a table, so that what a case writes is what
goes out; they are read by Debian's python3-hpack.
"""

import sys
from collections import namedtuple

try:
    import hpack
except ImportError:  # another python3 than Debian's: the package is plain Python and works there too
    sys.path.append("/usr/lib/python3/dist-packages")
    import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER_SIZE = 9
WINDOW = 65_535  # what a peer may send before any SETTINGS or WINDOW_UPDATE
MOST_WINDOW = (1 << 31) - 1
FRAME_SIZE = 16_384

TYPES = ("DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY",
         "WINDOW_UPDATE", "CONTINUATION")
(DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE,
 CONTINUATION) = range(10)

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
WITH_PRIORITY = 0x20

(HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE,
 MAX_HEADER_LIST_SIZE) = range(1, 7)

CODES = ("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
         "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
         "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED")
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED,
 FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM,
 INADEQUATE_SECURITY, HTTP_1_1_REQUIRED) = range(14)


class Frame(namedtuple("Frame", "type flags stream payload fields", defaults=(None,))):
    """One frame; `fields` are those of a whole header block."""

    @property
    def ends_stream(self):
        return self.type in (DATA, HEADERS) and bool(self.flags & END_STREAM)

    @property
    def code(self):
        """The error code of RST_STREAM or GOAWAY."""
        return number(self.payload[-4:] if self.type == RST_STREAM else self.payload[4:8])

    @property
    def last_stream(self):
        """Of GOAWAY: the last stream that is or may be served."""
        return number(self.payload[:4]) & MOST_WINDOW

    def __repr__(self):
        kind = TYPES[self.type] if self.type < len(TYPES) else f"type {self.type}"
        what = self.fields if self.fields is not None else self.payload[:60]
        if self.type in (RST_STREAM, GOAWAY):
            what = code_name(self.code)
        return f"{kind} of stream {self.stream}, flags {self.flags:#x}: {what!r}"


def code_name(code):
    return CODES[code] if code < len(CODES) else f"error code {code}"


def number(data):
    return int.from_bytes(data, "big")


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """Any frame. `length`: what its header says, when that is not true."""
    size = len(payload) if length is None else length
    return (size.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload)


def settings(pairs=()):
    return frame(SETTINGS, payload=b"".join(
        name.to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in pairs))


def settings_ack():
    return frame(SETTINGS, ACK)


def ping(data=b"8 bytes!", ack=False):
    return frame(PING, ACK if ack else 0, payload=data)


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, stream=stream, payload=code.to_bytes(4, "big"))


def goaway(last_stream=0, code=NO_ERROR):
    return frame(GOAWAY, payload=last_stream.to_bytes(4, "big") + code.to_bytes(4, "big"))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, stream=stream, payload=increment.to_bytes(4, "big"))


def priority(stream, depends_on=0, weight=15):
    return frame(PRIORITY, stream=stream, payload=depends_on.to_bytes(4, "big") + bytes([weight]))


def data(stream, content=b"", end=False, padding=None):
    """One DATA frame. `padding`: how many bytes of it, besides the byte that says so."""
    flags = END_STREAM if end else 0
    if padding is None:
        return frame(DATA, flags, stream, content)
    return frame(DATA, flags | PADDED, stream, bytes([padding]) + content + bytes(padding))


def headers(stream, fields=(), end=False, block=None, pieces=1):
    """A header block in a HEADERS frame, and CONTINUATION frames where one is too small or more
    `pieces` are wanted."""
    block = header_block(fields) if block is None else block
    size = min(FRAME_SIZE, max(1, -(-len(block) // pieces)))
    parts = [block[at:at + size] for at in range(0, len(block), size)] or [b""]
    out = b""
    for index, part in enumerate(parts):
        kind = CONTINUATION if index else HEADERS
        flags = END_HEADERS if index + 1 == len(parts) else 0
        flags |= END_STREAM if end and not index else 0
        out += frame(kind, flags, stream, part)
    return out


def header_block(fields):
    """Literal fields that enter no table (RFC 7541 6.2.2). Names and values are text or bytes."""
    return b"".join(b"\x00" + string(name) + string(value) for name, value in fields)


def indexing_field(name, value):
    """A literal field that enters the dynamic table as entry 62 (RFC 7541 6.2.1)."""
    return b"\x40" + string(name) + string(value)


def indexed_field(index):
    return integer(index, 7, 0x80)


def string(text):
    raw = text if isinstance(text, bytes) else text.encode("latin-1")
    return integer(len(raw), 7, 0) + raw


def integer(value, bits, pattern):
    """RFC 7541 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([pattern | value])
    out = bytearray([pattern | most])
    value -= most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


class HeaderReader:
    """Decodes the header blocks of one direction, in their order."""

    def __init__(self):
        self._decoder = hpack.Decoder(max_header_list_size=1 << 24)

    def fields(self, block):
        return [(name.decode("latin-1"), value.decode("latin-1"))
                for name, value in self._decoder.decode(block, raw=True)]


def content_of(one):
    """What a DATA or HEADERS frame carries, without padding and priority."""
    content = one.payload
    if one.flags & PADDED:
        content = content[1:len(content) - content[0]]
    if one.type == HEADERS and one.flags & WITH_PRIORITY:
        content = content[5:]
    return content
