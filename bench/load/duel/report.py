"""What a duel found, as a table and as JSON."""

import json
import statistics

QUIET = 0.10  # of a core; above it the figures say little

# What Penstock's own figure may be at most, whatever the other's. Allocations of polling and the
# like are counted too, and are not those of a chunk: hence not nought.
ABSOLUTE = {"chunk_calls": 3.7, "small_calls": 8.1, "chunk_allocations": 0.1}

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
    ("chunk_allocations", "allocations per chunk", "", None),
    ("small_allocations", "allocations per 2 KB request", "", None),
    ("large_allocations", "allocations per 32 KB request", "", None),
    ("stream_memory", "memory per open stream", "B", None),
)


def summary(pairs):
    """The medians of both sides, and the median and range of the ratios of each round."""
    ratios = [mine / other for mine, other in pairs if mine > 0 and other > 0]
    found = {"subject": statistics.median(mine for mine, _ in pairs),
             "against": statistics.median(other for _, other in pairs), "rounds": len(pairs)}
    if ratios:
        found |= {"ratio": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
    return found


def number(value):
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.2f}"


def verdict(value, gate):
    return "met" if value <= gate else "MISSED"


def verdicts(names, key, gate, found):
    """Which gates there are for this figure between these two, and whether they are met."""
    told = ""
    if names == ["penstock", "haproxy"] and gate is not None and "ratio" in found:
        told += f"  at most {gate:.2f}: {verdict(found['ratio'], gate)}"
    if names[0] == "penstock" and key in ABSOLUTE:
        told += f"  penstock at most {ABSOLUTE[key]}: {verdict(found['subject'], ABSOLUTE[key])}"
    return told


def quiet(foreign):
    return bool(foreign) and max(foreign) <= QUIET


def table(names, samples, judged):
    """Gates are told only when the figures can be `judged`; a busy machine says nothing of them."""
    lines = [f"{'':34}{names[0]:>13}{names[1]:>13}   ratio [min..max]"]
    for key, title, unit, gate in FIGURES:
        label = f"{title}{', ' + unit if unit else ''}"
        if not samples.get(key):
            lines.append(f"{label:34}{'not measured':>26}")
            continue
        found = summary(samples[key])
        ratio = ("no ratio" if "ratio" not in found else
                 f"{found['ratio']:.3f} [{found['min']:.3f}..{found['max']:.3f}]")
        gates = verdicts(names, key, gate, found) if judged else ""
        lines.append(f"{label:34}{number(found['subject']):>13}{number(found['against']):>13}"
                     f"   {ratio}{gates}")
    return "\n".join(lines)


def foreign_line(foreign):
    median, most = statistics.median(foreign), max(foreign)
    line = f"foreign load: {median:.2f} cores (median), {most:.2f} at most"
    if quiet(foreign):
        return line
    return f"{line}; NOT QUIET: the figures are a hint only, and no gate is judged"


def write_json(path, header, samples, foreign):
    figures = {}
    for key, title, unit, gate in FIGURES:
        if samples.get(key):
            figures[key] = {"title": title, "unit": unit, "gate": gate,
                            "gate_subject": ABSOLUTE.get(key), **summary(samples[key]),
                            "samples": samples[key]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**header, "quiet": quiet(foreign), "foreign_cores": foreign,
                   "figures": figures}, file, indent=2)
        file.write("\n")
