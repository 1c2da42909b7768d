"""What the checks share."""

import subprocess


class Skipped(Exception):
    """A check that cannot run here; its text says why."""


def tracked(options, *suffixes, under=("",)):
    """Files of the repository with one of these suffixes, also new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=options.root,
        capture_output=True, text=True, check=True, timeout=60)
    for name in sorted(set(listed.stdout.splitlines())):
        path = options.root / name
        if path.is_file() and name.endswith(suffixes) and name.startswith(tuple(under)):
            yield path


def lines_of(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def place(options, path, number):
    return f"{path.relative_to(options.root)}:{number}"
