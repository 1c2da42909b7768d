"""Generated files, links, configs, scripts: what people read and run must be right."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile

from .common import Skipped, lines_of, place, tracked

GENERATED = ("REFERENCE.md", "METRICS.md", "schema.json")


def check_generated_files_match_the_code(options):
    generator = options.build / "src" / "app" / "penstock-generate"
    if not generator.exists():
        yield f"{generator} is not built"
        return
    with tempfile.TemporaryDirectory() as room:
        subprocess.run([str(generator), room], check=True, timeout=60)
        for name in GENERATED:
            fresh = pathlib.Path(room) / name
            kept = options.root / "conf" / name
            if not kept.exists() or fresh.read_bytes() != kept.read_bytes():
                yield f"conf/{name} differs from the tables in the code: run scripts/generate"


def check_example_configs_are_valid(options):
    binary = options.build / "src" / "app" / "penstock"
    files = [file for file in tracked(options, ".toml", under=("conf/",))]
    if not files:
        yield "conf/ holds no config"
    with tempfile.TemporaryDirectory() as room:
        for file in files:
            copy = with_certificates(file, pathlib.Path(room))
            result = subprocess.run([str(binary), "check", "-c", str(copy)], capture_output=True,
                                    text=True, timeout=60, cwd=file.parent)
            if result.returncode != 0:
                yield f"{file.relative_to(options.root)}: {result.stdout}{result.stderr}"


def with_certificates(file, room):
    """The config itself or, where it names certificates, which are not in the tree, a copy beside
    some that are made for it."""
    text = file.read_text(encoding="utf-8")
    names = re.findall(r'"(\w+)\.crt"', text)
    if not names:
        return file
    for name in names:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
                        f"/CN={name}", "-keyout", room / f"{name}.key", "-out",
                        room / f"{name}.crt"], check=True, capture_output=True, timeout=60)
    for key_file in file.parent.glob("keys"):
        shutil.copy(key_file, room)
    return pathlib.Path(shutil.copy(file, room))


def check_links_lead_somewhere(options):
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    for path in tracked(options, ".md"):
        for number, line in enumerate(lines_of(path), 1):
            for target in link.findall(line):
                if "://" not in target and not (path.parent / target).exists():
                    yield f"{place(options, path, number)}: {target} is not there"


def check_json_files_parse(options):
    for path in tracked(options, ".json", under=("conf/",)):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            yield f"{path.relative_to(options.root)}: {error}"


def check_every_script_explains_itself(options):
    for path in sorted((options.root / "scripts").iterdir()):
        result = subprocess.run([str(path), "--help"], capture_output=True, text=True, timeout=60)
        if result.returncode != 0 or len(result.stdout.splitlines()) < 3:
            yield f"scripts/{path.name} --help says too little, or fails"
        first = lines_of(path)[0]
        if "bash" in first:
            parsed = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True,
                                    timeout=60)
            yield from parsed.stderr.splitlines()


def check_bench_programs_say_what_they_lack(options):
    for name in ("bench-proxy", "bench-memory", "train"):
        result = subprocess.run([str(options.root / "scripts" / name), "--penstock", "/bin/true",
                                 "--tools", "/nonexistent"],
                                capture_output=True, text=True, timeout=60)
        if result.returncode != 1 or not result.stderr.startswith(f"{name}: "):
            yield f"scripts/{name} without its tools: {result.returncode}, {result.stderr[-200:]}"


def check_python_compiles(options):
    for path in tracked(options, ".py", under=("tests/", "bench/", "scripts/")):
        try:
            compile(path.read_text(encoding="utf-8"), str(path), "exec")
        except SyntaxError as error:
            yield f"{place(options, path, error.lineno or 1)}: {error.msg}"


def check_decision_records_are_numbered(options):
    names = [path.name for path in tracked(options, ".md", under=("src/decisions/",))]
    for expected, name in enumerate(names, 1):
        if not re.fullmatch(rf"{expected:04}-[a-z0-9-]+\.md", name):
            yield f"src/decisions/{name}: expected number {expected:04} and a title"


def check_service_unit(options):
    try:
        result = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "conf/systemd/penstock.service"],
            cwd=options.root, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        raise Skipped("systemd-analyze is not installed") from None
    for line in result.stderr.splitlines():
        if "is not executable" not in line and "penstock.service" in line:
            yield line
