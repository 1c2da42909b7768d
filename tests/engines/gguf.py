"""Writes GGUF version 3, the file format of llama.cpp's models: as much of it as our model needs.

The layout is that of ggml's docs/gguf.md: a head, key-value pairs, a description of each tensor, then
their data, each part aligned. Everything is little-endian.
"""

import array
import struct
import sys

VERSION = 3
ALIGNMENT = 32  # the default, which no key has to tell
F32_TENSOR = 0  # ggml_type

UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9  # gguf_metadata_value_type


def uint32(number):
    return UINT32, struct.pack("<I", number)


def int32(number):
    return INT32, struct.pack("<i", number)


def float32(number):
    return FLOAT32, struct.pack("<f", number)


def boolean(truth):
    return BOOL, struct.pack("<?", truth)


def string(text):
    data = text.encode()
    return STRING, struct.pack("<Q", len(data)) + data


def many(values):
    """An array of values of one type, which is that of the first."""
    kind = values[0][0]
    return ARRAY, struct.pack("<IQ", kind, len(values)) + b"".join(data for _, data in values)


def _padding(size):
    return b"\0" * (-size % ALIGNMENT)


def _floats(values):
    numbers = array.array("f", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def document(pairs, tensors):
    """The file's bytes.

    `pairs`: key to value, each value made by a function above. `tensors`: name to (shape, values),
    with ggml's order of dimensions: the one whose elements lie side by side comes first.
    """
    head = b"GGUF" + struct.pack("<IQQ", VERSION, len(tensors), len(pairs))
    for key, (kind, data) in pairs.items():
        head += string(key)[1] + struct.pack("<I", kind) + data
    body = b""
    for name, (shape, values) in tensors.items():
        head += string(name)[1] + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape,
                                              F32_TENSOR, len(body))
        body += _floats(values)
        body += _padding(len(body))
    return head + _padding(len(head)) + body
