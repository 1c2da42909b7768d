"""Which checkers a program was built with: some things come out otherwise under them."""

import functools
import pathlib

LIBRARIES = (b"libasan.so", b"libtsan.so", b"libubsan.so")


@functools.cache  # a program is large
def of(binary):
    """The libraries of the checkers, by name."""
    program = pathlib.Path(binary).read_bytes()
    return {library for library in LIBRARIES if library in program}


def memory_factor(binary):
    """How many times the memory a program needs: ThreadSanitizer has four bytes beside each."""
    return 5 if b"libtsan.so" in of(binary) else 1
