"""Lint: every check of tests/lint, one test each."""

import importlib
import pkgutil
import traceback

import lint as checks
from lint.common import Skipped


def run(options, report):
    for module_info in pkgutil.iter_modules(checks.__path__):
        module = importlib.import_module(f"lint.{module_info.name}")
        for name in sorted(vars(module)):
            if name.startswith("check_") and options.filter in name:
                run_check(name, getattr(module, name), options, report)


def run_check(name, check, options, report):
    title = name.removeprefix("check_").replace("_", " ")
    try:
        problems = list(check(options))
    except Skipped as reason:
        report.skip(title, str(reason))
        return
    except Exception:  # a broken check is a failure with a trace, not the end of the run
        report.fail(title, traceback.format_exc())
        return
    if problems:
        report.fail(title, "\n".join(problems))
    else:
        report.ok(title)
