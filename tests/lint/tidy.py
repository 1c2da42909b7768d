"""clang-tidy, over what differs from main or over all; off in the plain run, which stays short."""

import json
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from .common import Skipped

# Meson's flags that clang does not know.
GCC_ONLY = re.compile(r"\s-(fno-fat-lto-objects|flto\S*|Wno-error=tsan|fconcepts\S*)")


def check_clang_tidy(options):
    if options.tidy == "none":
        raise Skipped("runs with scripts/test --lint")
    files = wanted_files(options)
    with tempfile.TemporaryDirectory() as room:
        write_database(options, room)
        with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
            for problems in pool.map(lambda file: tidy(file, room, options), files):
                yield from problems


def wanted_files(options):
    database = json.loads((options.build / "compile_commands.json").read_text())
    known = sorted({os.path.normpath(os.path.join(entry["directory"], entry["file"]))
                    for entry in database})
    own = [file for file in known if file.startswith(str(options.root / "src") + os.sep)]
    if options.tidy == "all":
        return own
    changed = changed_files(options)
    return [file for file in own if os.path.relpath(file, options.root) in changed]


def changed_files(options):
    """Names that differ from where this branch left main (or from the commit before, on main)."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=options.root, capture_output=True, text=True,
                              timeout=60).stdout.split("\n")
    base = git("merge-base", "HEAD", "main")[0]
    if not base or base == git("rev-parse", "HEAD")[0]:
        base = "HEAD~1"
    return set(git("diff", "--name-only", base)) | set(
        git("ls-files", "--others", "--exclude-standard"))


def write_database(options, room):
    text = (options.build / "compile_commands.json").read_text()
    with open(os.path.join(room, "compile_commands.json"), "w", encoding="utf-8") as out:
        out.write(GCC_ONLY.sub("", text))


def tidy(file, room, options):
    result = subprocess.run(["clang-tidy", "--quiet", "-p", room, file], capture_output=True,
                            text=True, timeout=900, cwd=options.root)
    return [line.replace(f"{options.root}/", "") for line in result.stdout.splitlines()
            if ": error:" in line or ": warning:" in line]
