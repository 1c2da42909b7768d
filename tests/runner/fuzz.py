"""Fuzz targets, each for a minute: no crash, no leak, no hang."""

import tempfile

from . import processes

SECONDS = 60


def run(options, report):
    folder = options.root / "build-fuzz" / "tests" / "fuzz"
    targets = sorted(file for file in folder.glob("*_fuzz") if file.is_file())
    if not targets:
        report.skip("fuzz", f"no fuzz targets are built in {folder.relative_to(options.root)}")
    for target in targets:
        if options.filter in target.name:
            run_target(target, options, report)


def run_target(target, options, report):
    seeds = options.root / "tests" / "fuzz" / "corpus" / target.name.removesuffix("_fuzz")
    with tempfile.TemporaryDirectory() as room:
        command = [target, f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=2048",
                   f"-artifact_prefix={room}/", room]
        if seeds.is_dir():
            command.append(seeds)
        finished = processes.run(command, SECONDS * 3 * options.slow, cwd=room)
    if finished.status == 0:
        report.ok(target.name)
    else:
        report.fail(target.name, processes.tail(finished.output))
