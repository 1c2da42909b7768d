"""Writes MessagePack, each value in its shortest form (github.com/msgpack/msgpack, spec.md)."""

import struct


def _integer(value):
    if 0 <= value < 128 or -32 <= value < 0:
        return struct.pack("b" if value < 0 else "B", value)
    for code, form, least, most in ((0xCC, "B", 0, 2 ** 8), (0xCD, ">H", 0, 2 ** 16),
                                    (0xCE, ">I", 0, 2 ** 32), (0xCF, ">Q", 0, 2 ** 64),
                                    (0xD0, "b", -2 ** 7, 0), (0xD1, ">h", -2 ** 15, 0),
                                    (0xD2, ">i", -2 ** 31, 0), (0xD3, ">q", -2 ** 63, 0)):
        if least <= value < most:
            return bytes([code]) + struct.pack(form, value)
    raise ValueError(value)


def _head(count, short, short_most, codes):
    if count < short_most:
        return bytes([short | count])
    code, form = next((code, form) for code, form in codes if count < 256 ** struct.calcsize(form))
    return bytes([code]) + struct.pack(form, count)


def pack(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(len(value), 0, 0, ((0xC4, "B"), (0xC5, ">H"), (0xC6, ">I"))) + value
    if isinstance(value, str):
        data = value.encode()
        return _head(len(data), 0xA0, 32, ((0xD9, "B"), (0xDA, ">H"), (0xDB, ">I"))) + data
    if isinstance(value, dict):
        head = _head(len(value), 0x80, 16, ((0xDE, ">H"), (0xDF, ">I")))
        return head + b"".join(pack(key) + pack(each) for key, each in value.items())
    head = _head(len(value), 0x90, 16, ((0xDC, ">H"), (0xDD, ">I")))
    return head + b"".join(pack(each) for each in value)
