"""The whole result as a document."""

import itertools

import sweep
import tuned
import verdict
from verdict import P90

COLUMNS = (*verdict.FIGURES, verdict.Figure("hit_rate", "hit rate", 0, 3),
           verdict.Figure("imbalance", "imbalance", 0, 2))
TERMS = """\
TTFT is the time to the first token; E2E that to the last one; goodput counts requests a second
whose first token came within 2 s; hit rate is the share of prompt tokens found in an engine's
cache; imbalance the requests on the fullest engine over the mean. A workload's seeds are different
requests; the trace's seeds replay the same ones, of which only the times within the trace's steps
of 3 s differ, so its intervals say little about another day's traffic."""
ALL_TERMS = """\
±: 95 % interval. **Bold**: better than prefix_load's beyond chance (95 % of the paired difference,
for each figure alone, so that a few are chance)."""
TUNED_TERMS = """\
\\*: ahead beyond chance (95 % of the paired difference of a setting alone; the best of many settings
is so by chance more often). The last row has the one setting that is best over all cases, by the
geometric mean of its ratios."""


def document(chosen, answers):
    parts = [title(chosen), setting(chosen, answers), TERMS]
    if chosen.tuned:
        parts += tuned_parts(answers)
    else:
        summary = numbers_of_proxies if chosen.replicas else short
        parts += ["## In short", summary(answers),
                  "## Where another policy is ahead", listed(verdict.sentences(answers)),
                  "## All policies", ALL_TERMS,
                  *(f"### {case}\n\n{whole(answer)}" for case, answer in answers.items())]
    return "\n\n".join(parts) + "\n"


def title(chosen):
    return "# Routing policies, simulated" + (": several proxies" if chosen.replicas else
                                              ": peers tuned" if chosen.tuned else "")


def setting(chosen, answers):
    some = next(iter(answers.values()))
    engine = some["setting"]["engines"].partition(" x ")[2]
    options = "".join(f" {option}" for option, given in
                      (("--trace FILE", chosen.trace), ("--replicas", chosen.replicas),
                       ("--tuned", chosen.tuned)) if given)
    return (f"Written by `scripts/bench-routing{options} --seeds {chosen.seeds} --requests "
            f"{chosen.requests}`\n([README.md](README.md)). {len(some['policies'])} policies on the "
            f"same requests, of each workload {chosen.requests:,};\n{chosen.seeds} paired seeds. "
            f"Engines: {engine}.")


def table(head, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in
                     (head, ["---"] * len(head), *rows))


def listed(sentences):
    return "\n".join(f"- {each}" for each in sentences) or "Nowhere beyond chance."


def whole(answer):
    """Every policy with every figure."""
    ours = answer["policies"][0]
    return table(["policy", *(figure.name for figure in COLUMNS)],
                 [[policy["policy"], *(cell(policy, figure, policy is not ours)
                                       for figure in COLUMNS)]
                  for policy in answer["policies"]])


def cell(policy, figure, is_other):
    told = policy["figures"][figure.key]
    text = f"{told['mean']:.{figure.digits}f} ±{told['ci95']:.{figure.digits}f}"
    is_better = is_other and figure.better and verdict.is_ahead(policy, figure)
    return f"**{text}**" if is_better else text


def short(answers):
    """Neighbouring cases of one traffic and fleet in a row."""
    rows = []
    for (traffic, engines), cases in itertools.groupby(
            answers, key=lambda case: (case.traffic, case.engines)):
        cases = list(cases)
        where = f"{traffic}, {engines} engines" if traffic == "trace" else traffic
        rows.append([f"{where} {', '.join(f'x{case.speed:g}' for case in cases)}",
                     *short_cells([answers[case] for case in cases])])
    return table(["case", "TTFT p90 s", "next best", "ratio", "goodput/s", "next best"], rows)


def short_cells(some):
    for figure in verdict.GOALS:
        ours = [answer["policies"][0] for answer in some]
        others = [verdict.best(answer["policies"][1:], figure) for answer in some]
        yield ", ".join(precise(verdict.mean(each, figure)) for each in ours)
        if figure is P90:
            yield ", ".join(dict.fromkeys(each["policy"] for each in others))
            yield ", ".join(tuned.digits(verdict.ratio(*each, figure))
                            for each in zip(others, ours))
        else:
            yield ", ".join(f"{precise(verdict.mean(each, figure))} ({each['policy']})"
                            for each in others)


def precise(value):
    return f"{value:.3f}" if value < 0.2 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def numbers_of_proxies(answers):
    """Ours with each number of proxies, beside it the best of the others."""
    rows = []
    for (traffic, speed), cases in itertools.groupby(
            answers, key=lambda case: (case.traffic, case.speed)):
        cases = list(cases)
        rows.append([f"{traffic} x{speed:g}, {cases[0].engines} engines",
                     *(beside(answers[case]["policies"]) for case in cases)])
    counts = dict.fromkeys(case.replicas for case in answers)
    return "TTFT p90 in seconds.\n\n" + table(
        ["case", *("1 proxy" if count == 1 else f"{count} proxies" for count in counts)], rows)


def beside(policies):
    ours, *others = policies
    other = verdict.best(others, P90)
    return f"{precise(verdict.mean(ours, P90))} ({other['policy']} " \
           f"{precise(verdict.mean(other, P90))})"


def tuned_parts(answers):
    for figure in verdict.GOALS:
        rows = [[str(case), *tuned.row(answer, figure)] for case, answer in answers.items()]
        rows.append(["one setting for all", *one_setting(answers, figure)])
        yield f"## {figure.name}: each peer's best setting by ours"
        yield table(["case", *sweep.PARAMETERS], rows)
    yield TUNED_TERMS
    yield "## Where a setting is ahead"
    yield listed(tuned.sentences(answers))
    yield "## What was swept"
    yield listed(f"{policy}: {', '.join(f'`{each}`' for each in settings) or 'has no parameter'}"
                 for policy, settings in sweep.PARAMETERS.items())


def one_setting(answers, figure):
    for policy, ratio in tuned.one_setting(answers, figure):
        yield f"{tuned.digits(ratio)} ({policy.partition(':')[2] or 'defaults'})"
