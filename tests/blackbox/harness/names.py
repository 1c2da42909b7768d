"""Names that resolve to what the case says, also as time goes on."""

import os
import pathlib

from . import checkers
from .cases import Skip


class Names:
    """`environment` is for a program that looks them up."""

    def __init__(self, world):
        binary = pathlib.Path(world.binary).resolve()
        if checkers.of(binary):
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
