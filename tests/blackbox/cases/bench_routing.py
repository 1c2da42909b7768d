"""`scripts/bench-routing`: who is ahead, what is run, what is written. The figures are made up but
in the last cases, where the real simulator is asked for a little."""

import json
import pathlib
import re
import subprocess
import sys

from harness import timing
from harness.cases import each, equal, holds

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "bench-routing"
sys.path.append(str(ROOT / "bench" / "routing"))

import sweep  # noqa: E402: its folder is known only now
import tuned  # noqa: E402
import verdict  # noqa: E402


def policy(name, **figures):
    """Figures that are told: (mean, difference, its interval); all others are 1 and alike."""
    told = {"ttft_p50_s": (1, 0, 0), "ttft_p90_s": (1, 0, 0), "ttft_p99_s": (1, 0, 0),
            "e2e_mean_s": (1, 0, 0), "goodput_per_s": (1, 0, 0), "hit_rate": (1, 0, 0),
            "imbalance": (1, 0, 0)} | figures
    return {"policy": name, "figures": {key: {"mean": mean, "ci95": 0, "difference": difference,
                                              "difference_ci95": half}
                                        for key, (mean, difference, half) in told.items()}}


def answer(*others):
    return {"setting": {"engines": "8 x an engine"}, "policies": [policy("prefix_load"), *others]}


@each((
    ("nobody", [policy("a")], []),
    ("less, but maybe by chance", [policy("a", ttft_p90_s=(0.8, -0.2, 0.25))], []),
    ("at the interval's end", [policy("a", ttft_p90_s=(0.8, -0.2, 0.2))], []),
    ("less beyond chance", [policy("a", ttft_p90_s=(0.8, -0.2, 0.19))], ["TTFT p90 s a 0.800"]),
    ("more is worse", [policy("a", ttft_p90_s=(1.2, 0.2, 0.1))], []),
    ("the second after one by chance", [policy("a", ttft_p90_s=(0.8, -0.2, 0.25)),
                                        policy("b", ttft_p90_s=(0.85, -0.15, 0.02))],
     ["TTFT p90 s b 0.850"]),
    ("two, the farther first", [policy("a", ttft_p99_s=(0.9, -0.1, 0.01)),
                                policy("b", ttft_p99_s=(0.7, -0.3, 0.01))],
     ["TTFT p99 s b 0.700", "TTFT p99 s a 0.900"]),
    ("more goodput", [policy("a", goodput_per_s=(1.3, 0.3, 0.1)),
                      policy("b", goodput_per_s=(1.5, 0.5, 0.1))],
     ["goodput/s b 1.500", "goodput/s a 1.300"]),
    ("less goodput is worse", [policy("a", goodput_per_s=(0.7, -0.3, 0.1))], []),
    ("all other figures", [policy("a", e2e_mean_s=(0.5, -0.5, 0.1), ttft_p50_s=(0.6, -0.4, 0.1))],
     ["TTFT p50 s a 0.600", "E2E mean s a 0.500"]),
    ("what is no goal of its own", [policy("a", hit_rate=(2, 1, 0), imbalance=(0.5, -0.5, 0))],
     []),
))
def test_every_policy_that_is_better_beyond_chance_is_named(_world, others, expected):
    found = verdict.ahead(answer(*others))

    equal([f"{each.figure.name} {each}" for each in found], expected, "who is ahead")


@each((
    ("p90", policy("a", ttft_p90_s=(0.8, -0.2, 0.1)), True),
    ("goodput", policy("a", goodput_per_s=(1.8, 0.8, 0.1)), True),
    ("p99 alone", policy("a", ttft_p99_s=(0.8, -0.2, 0.1)), False),
))
def test_behind_is_who_misses_the_goals(_world, other, expected):
    equal(verdict.behind({"case": answer(other)}), expected, "behind")


def test_of_a_peer_s_settings_the_best_counts(_world):
    told = answer(policy("a", ttft_p90_s=(3, 2, 0.1)),
                  policy("a:knob=1", ttft_p90_s=(1.5, 0.5, 0.1)),
                  policy("b", ttft_p90_s=(0.9, -0.1, 0.01)))

    equal(tuned.row(told, verdict.P90), ["1.50", "0.90*"], "the ratios")
    equal(list(tuned.sentences({"x": told})), ["x: TTFT p90 s: b 0.900; at its worst 0.90 (x)"],
          "who is ahead")


def test_one_setting_for_all_cases_is_the_best_on_the_whole(_world):
    one = answer(policy("a", ttft_p90_s=(1, 0, 0)), policy("a:knob=1", ttft_p90_s=(0.5, 0, 1)))
    other = answer(policy("a", ttft_p90_s=(1, 0, 0)), policy("a:knob=1", ttft_p90_s=(8, 7, 1)))

    equal(tuned.one_setting({"x": one, "y": other}, verdict.P90), [("a", 1.0)], "the setting")


def simulator(world, answers):
    """A program that has an answer for each speed, and fails where there is none."""
    path = world.room / "simulator"
    path.write_text("#!/usr/bin/env python3\n"
                    "import sys\n"
                    f"answers = {({speed: json.dumps(told) for speed, told in answers.items()})}\n"
                    "speed = sys.argv[sys.argv.index('--speed') + 1]\n"
                    "sys.exit(print(answers[speed]) if speed in answers else 7)\n")
    path.chmod(0o755)
    return path


def bench(world, binary, *words):
    return subprocess.run([str(SCRIPT), "--penstock", str(binary), *words], capture_output=True,
                          text=True, timeout=timing.limit(120), cwd=world.room)


@each((
    ("nobody is ahead", [policy("a")], 0, "Nothing is ahead"),
    ("ahead in a figure that is no goal", [policy("a", ttft_p99_s=(0.5, -0.5, 0.1))], 0,
     "lora x1, 8 engines: TTFT p99 s: a 0.500"),
    ("behind", [policy("a", ttft_p90_s=(0.5, -0.5, 0.1))], 3,
     "lora x1, 8 engines: TTFT p90 s: a 0.500"),
))
def test_the_exit_status_tells_whether_it_is_behind(world, others, status, sentence):
    binary = simulator(world, {"1": answer(*others), "1.5": answer(policy("a"))})

    result = bench(world, binary, "--only", "lora")

    equal(result.returncode, status, f"exit status, after {result.stderr!r}")
    holds(sentence in result.stdout, f"it says {result.stdout!r}")


def test_what_was_measured_is_there_although_a_later_case_failed(world):
    binary = simulator(world, {"1": answer(policy("a"))})

    result = bench(world, binary, "--only", "lora", "--json", "found.json", "--jobs", "1")

    equal(result.returncode, 1, "exit status")
    holds("lora x1.5, 8 engines: penstock simulate ended with 7" in result.stderr,
          f"it says {result.stderr!r}")
    equal(list(json.loads((world.room / "found.json").read_text())), ["lora x1, 8 engines"],
          "the cases there")


@each((
    ("a typo", ["--only", "chatt"], "--only chatt: there is no such traffic here, only shared_"),
    ("no trace", ["--only", "trace"], "--only trace: name the trace's file with --trace"),
    ("none with several proxies", ["--replicas", "--only", "rag"], "--only rag: there is no such"),
    ("one seed", ["--seeds", "1"], "need at least 2 seeds"),
    ("two kinds of run", ["--replicas", "--tuned"], "not allowed with"),
))
def test_what_cannot_be_asked_for_is_told_at_once(world, words, sentence):
    result = bench(world, "/nonexistent", *words)

    equal((result.returncode, result.stdout), (2, ""), "exit status and output")
    holds(sentence in result.stderr, f"it says {result.stderr!r}")


def kinds(world):
    """Policy -> its parameters, as `penstock simulate --help` tells them."""
    told = subprocess.run([str(world.binary), "simulate", "--help"], capture_output=True, text=True,
                          check=True, timeout=timing.limit(60)).stdout
    found = {}
    for line in told.partition("\nPolicies:\n")[2].partition("\nWorkloads:\n")[0].splitlines():
        parameter = re.match(r" +:(\w+)=", line)
        if parameter:
            found[list(found)[-1]].add(parameter[1])
        else:
            found[line.partition(":")[0].strip()] = set()
    return found


def test_every_policy_is_in_the_table_with_every_figure(world):
    result = bench(world, world.binary, "--only", "lora", "--seeds", "2", "--requests", "100",
                   "--table", "table.md")

    holds(result.returncode in (0, 3), f"{result.returncode}: {result.stderr}")
    lines = (world.room / "table.md").read_text().splitlines()
    cells = {line.split(" | ")[0].removeprefix("| "): line.count("±") for line in lines
             if "±" in line and line.startswith("| ")}
    equal(cells, {name: 7 for name in kinds(world)}, "figures of each policy")


def test_every_parameter_of_every_peer_is_swept(world):
    ours = {"prefix_load", "prefix_hash", "least_load", "round_robin", "random", "power_of_two"}
    swept = {peer: set(re.findall(r"(\w+)=", " ".join(settings)))
             for peer, settings in sweep.PARAMETERS.items()}
    equal(swept, {name: told for name, told in kinds(world).items() if name not in ours},
          "parameters")

    result = bench(world, world.binary, "--tuned", "--only", "lora", "--seeds", "2",
                   "--requests", "50", "--table", "table.md")

    holds(result.returncode in (0, 3), f"{result.returncode}: {result.stderr}")
    text = (world.room / "table.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| lora x1, 8 engines |")]
    equal([row.count("|") for row in rows], [len(swept) + 2] * 2, "columns of p90 and goodput")
