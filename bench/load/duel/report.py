"""What a duel found, as a table and as JSON."""

import json
import statistics

QUIET = 0.10  # of a core; above it the figures say little

# What Penstock's own figure may be at most, whatever the other's. Allocations of polling and the
# like are counted too, and are not those of a chunk: hence not nought.
ABSOLUTE = {"chunk_calls": 3.7, "small_calls": 8.1, "chunk_allocations": 0.1}

# The most that Penstock's ratio to another may be, by the protocol of the clients and the other.
GATES = {
    ("h1", "haproxy"): {"chunk_cpu": 0.80, "small_cpu": 0.80, "large_cpu": 0.85,
                        "chunk_p50": 1.05, "chunk_p99": 1.50},
    ("h2", "haproxy"): {"chunk_cpu": 0.85, "small_cpu": 0.90},
    ("h2", "h2o"): {"chunk_cpu": 1.00, "small_cpu": 0.90},
    ("h2", "nghttpx"): {"small_cpu": 0.90},
    ("h2", "nginx"): {"small_cpu": 0.90},
}

# Key, what it is, unit.
FIGURES = (
    ("chunk_cpu", "CPU per streamed chunk", "us"),
    ("small_cpu", "CPU per 2 KB request", "us"),
    ("large_cpu", "CPU per 32 KB request", "us"),
    ("chunk_p50", "token delay p50", "us"),
    ("chunk_p99", "token delay p99", "us"),
    ("chunk_added_p50", "added token delay p50", "us"),
    ("chunk_added_p99", "added token delay p99", "us"),
    ("small_p50", "2 KB request p50", "us"),
    ("small_p99", "2 KB request p99", "us"),
    ("chunk_calls", "system calls per chunk", ""),
    ("small_calls", "system calls per 2 KB request", ""),
    ("large_calls", "system calls per 32 KB request", ""),
    ("chunk_allocations", "allocations per chunk", ""),
    ("small_allocations", "allocations per 2 KB request", ""),
    ("large_allocations", "allocations per 32 KB request", ""),
    ("stream_memory", "memory per open stream", "B"),
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


def gates(names, h2):
    """Figure -> the most the ratio may be between these two, `absolute` for the subject alone."""
    if names[0] != "penstock":
        return {}
    return {"ratio": GATES.get(("h2" if h2 else "h1", names[1]), {}), "absolute": ABSOLUTE}


def verdicts(limits, key, found):
    """Which gates there are for this figure, and whether they are met."""
    told = ""
    most = limits.get("ratio", {}).get(key)
    if most is not None and "ratio" in found:
        told += f"  at most {most:.2f}: {verdict(found['ratio'], most)}"
    most = limits.get("absolute", {}).get(key)
    if most is not None:
        told += f"  penstock at most {most}: {verdict(found['subject'], most)}"
    return told


def quiet(foreign):
    return bool(foreign) and max(foreign) <= QUIET


def table(names, samples, limits):
    """`limits` are those of `gates`, or none: a busy machine says nothing of them."""
    lines = [f"{'':34}{names[0]:>13}{names[1]:>13}   ratio [min..max]"]
    for key, title, unit in FIGURES:
        label = f"{title}{', ' + unit if unit else ''}"
        if not samples.get(key):
            lines.append(f"{label:34}{'not measured':>26}")
            continue
        found = summary(samples[key])
        ratio = ("no ratio" if "ratio" not in found else
                 f"{found['ratio']:.3f} [{found['min']:.3f}..{found['max']:.3f}]")
        told = verdicts(limits, key, found)
        lines.append(f"{label:34}{number(found['subject']):>13}{number(found['against']):>13}"
                     f"   {ratio}{told}")
    return "\n".join(lines)


def foreign_line(foreign):
    median, most = statistics.median(foreign), max(foreign)
    line = f"foreign load: {median:.2f} cores (median), {most:.2f} at most"
    if quiet(foreign):
        return line
    return f"{line}; NOT QUIET: the figures are a hint only, and no gate is judged"


def write_json(path, header, samples, foreign, limits):
    figures = {}
    for key, title, unit in FIGURES:
        if samples.get(key):
            figures[key] = {"title": title, "unit": unit, "gate": limits.get("ratio", {}).get(key),
                            "gate_subject": limits.get("absolute", {}).get(key),
                            **summary(samples[key]), "samples": samples[key]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**header, "quiet": quiet(foreign), "foreign_cores": foreign,
                   "figures": figures}, file, indent=2)
        file.write("\n")
