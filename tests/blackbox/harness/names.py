"""Names that resolve to what the case says, also as time goes on."""

import functools
import os
import pathlib

from .cases import Skip

CHECKERS = (b"libasan.so", b"libtsan.so", b"libubsan.so")


@functools.cache  # it is large
def is_checked(binary):
    """Whether this program was built with a sanitizer."""
    program = binary.read_bytes()
    return any(checker in program for checker in CHECKERS)


class Names:
    """`environment` is for a program that looks them up."""

    def __init__(self, world):
        binary = pathlib.Path(world.binary).resolve()
        if is_checked(binary):
            raise Skip("a sanitizer's run time insists on being loaded first")
        module = binary.parents[2] / "tests" / "blackbox" / "libscripted_names.so"
        self.path = world.room / "names"
        self.addresses = {}
        self.environment = {"LD_PRELOAD": str(module), "PENSTOCK_TEST_NAMES": str(self.path)}

    def set(self, name, *addresses):
        """From the next look-up on. Without addresses: nobody knows the name."""
        self.addresses[name] = addresses
        fresh = self.path.with_suffix(".new")
        fresh.write_text("".join(f"{each} {' '.join(found)}\n"
                                 for each, found in self.addresses.items()))
        os.replace(fresh, self.path)
