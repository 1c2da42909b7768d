"""Layers, formatting, sizes and words of the C++ sources."""

import re
import subprocess

from .common import lines_of, place, tracked

LINES_MAX = 500
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|^// placeholder")
BANNED = {
    re.compile(r"\bshared_from_this\b"): "ownership is by value or by the parent",
    re.compile(r"\busing namespace std\b"): "name what you use",
    re.compile(r"\bany_io_executor\b"): "the executor is a concrete type on the data path",
    re.compile(r"\bstd::endl\b"): "it flushes; write a newline",
}


def check_layers(options):
    result = subprocess.run(["scripts/check-layers"], cwd=options.root, capture_output=True,
                            text=True, timeout=120)
    yield from result.stdout.splitlines()
    if result.returncode != 0 and not result.stdout:
        yield result.stderr


def check_formatting(options):
    files = [str(path) for path in tracked(options, ".cpp", ".h")]
    result = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], capture_output=True,
                            text=True, timeout=300)
    first = {}  # one line per file: clang-format -i mends all of it
    for line in result.stderr.splitlines():
        if "error:" in line:
            first.setdefault(line.split(":")[0], line)
    for line in first.values():
        yield line.replace(f"{options.root}/", "")


def check_file_lengths(options):
    for path in tracked(options, ".cpp", ".h", ".py", ".sh"):
        count = len(lines_of(path))
        if count > LINES_MAX:
            yield f"{place(options, path, count)}: {count} lines, at most {LINES_MAX}"


def check_no_unfinished_words(options):
    for path in tracked(options, ".cpp", ".h", under=("src/", "include/", "tests/", "bench/")):
        for number, line in enumerate(lines_of(path), 1):
            if UNFINISHED.search(line):
                yield f"{place(options, path, number)}: {line.strip()}"


def check_banned_words(options):
    for path in tracked(options, ".cpp", ".h", under=("src/", "include/")):
        for number, line in enumerate(lines_of(path), 1):
            code = line.split("//")[0]
            for pattern, why in BANNED.items():
                if pattern.search(code):
                    yield f"{place(options, path, number)}: {pattern.pattern}: {why}"


def check_detached_coroutines_start_in_one_place(options):
    places = []
    for path in tracked(options, ".cpp", ".h", under=("src/",)):
        for number, line in enumerate(lines_of(path), 1):
            if re.search(r"\basio::detached\b|\bnet::detached\b", line.split("//")[0]):
                places.append(place(options, path, number))
    if len(places) > 1:
        yield "co_spawn(detached) stands in more than one place: " + ", ".join(places)


def check_no_coroutine_lambda_captures(options):
    """gcc 12 and lifetimes: a lambda with captures must not be a coroutine (src/TRAPS.md, 1 and 2)."""
    lambda_head = re.compile(r"\[[^\]\s][^\]]*\]\s*\([^)]*\)[^{;]*->\s*(Task|asio::awaitable)<")
    for path in tracked(options, ".cpp", ".h", under=("src/", "include/")):
        for number, line in enumerate(lines_of(path), 1):
            if lambda_head.search(line):
                yield f"{place(options, path, number)}: a coroutine lambda with captures"


def check_headers_begin_with_pragma_once(options):
    for path in tracked(options, ".h"):
        if "#pragma once" not in path.read_text(encoding="utf-8"):
            yield f"{place(options, path, 1)}: no #pragma once"
