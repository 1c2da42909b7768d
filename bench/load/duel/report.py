"""What a duel found, as a table and as JSON."""

import json
import statistics

QUIET = 0.05  # of a core; above it the figures say little

# Key, what it is, unit, the most the ratio may be against HAProxy (None: reported only).
FIGURES = (
    ("chunk_cpu", "CPU per streamed chunk", "us", 0.80),
    ("small_cpu", "CPU per 2 KB request", "us", 0.80),
    ("large_cpu", "CPU per 32 KB request", "us", 0.85),
    ("chunk_p50", "token delay p50", "us", 1.05),
    ("chunk_p99", "token delay p99", "us", 1.50),
    ("chunk_added_p50", "added token delay p50", "us", None),
    ("chunk_added_p99", "added token delay p99", "us", None),
    ("small_p50", "2 KB request p50", "us", None),
    ("small_p99", "2 KB request p99", "us", None),
    ("chunk_calls", "system calls per chunk", "", None),
    ("small_calls", "system calls per 2 KB request", "", None),
    ("large_calls", "system calls per 32 KB request", "", None),
    ("stream_memory", "memory per open stream", "B", None),
)


def summary(pairs):
    """The medians of both sides, and the median and range of the ratios of each round."""
    ratios = [mine / other for mine, other in pairs if other > 0]
    found = {"subject": statistics.median(mine for mine, _ in pairs),
             "against": statistics.median(other for _, other in pairs), "rounds": len(pairs)}
    if ratios:
        found |= {"ratio": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
    return found


def number(value):
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.2f}"


def table(names, samples, gates):
    lines = [f"{'':32}{names[0]:>14}{names[1]:>14}   ratio [min..max]"]
    for key, title, unit, gate in FIGURES:
        if not samples.get(key):
            lines.append(f"{title:32}{'not measured':>28}")
            continue
        found = summary(samples[key])
        ratio = ("no ratio" if "ratio" not in found else
                 f"{found['ratio']:.3f} [{found['min']:.3f}..{found['max']:.3f}]")
        if gates and gate is not None and "ratio" in found:
            verdict = "met" if found["ratio"] <= gate else "MISSED"
            ratio += f"  at most {gate:.2f}: {verdict}"
        label = f"{title}{', ' + unit if unit else ''}"
        lines.append(f"{label:32}{number(found['subject']):>14}{number(found['against']):>14}"
                     f"   {ratio}")
    return "\n".join(lines)


def foreign_line(foreign):
    median, most = statistics.median(foreign), max(foreign)
    line = f"foreign load: {median:.2f} cores (median), {most:.2f} at most"
    return line if most <= QUIET else f"{line} -- the machine was NOT QUIET: figures are a hint only"


def write_json(path, header, samples, foreign):
    figures = {}
    for key, title, unit, gate in FIGURES:
        if samples.get(key):
            figures[key] = {"title": title, "unit": unit, "gate": gate, **summary(samples[key]),
                            "samples": samples[key]}
    quiet = bool(foreign) and max(foreign) <= QUIET
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**header, "quiet": quiet, "foreign_cores": foreign, "figures": figures}, file,
                  indent=2)
        file.write("\n")
