"""One case's answer: which policies are ahead of the first beyond chance, and in what."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Figure:
    key: str
    name: str
    better: int  # the sign that a difference has where the other is better
    digits: int


P90 = Figure("ttft_p90_s", "TTFT p90 s", -1, 3)
GOODPUT = Figure("goodput_per_s", "goodput/s", 1, 2)
GOALS = (P90, GOODPUT)
FIGURES = (Figure("ttft_p50_s", "TTFT p50 s", -1, 3), P90,
           Figure("ttft_p99_s", "TTFT p99 s", -1, 3), Figure("e2e_mean_s", "E2E mean s", -1, 2),
           GOODPUT)


@dataclasses.dataclass(frozen=True)
class Ahead:
    """A policy that is better than ours by more than the 95 % interval of the paired difference."""
    policy: str
    figure: Figure
    ratio: float  # its mean by ours

    def __str__(self):
        return f"{self.policy} {self.ratio:.3f}"


def mean(policy, figure):
    return policy["figures"][figure.key]["mean"]


def ratio(other, ours, figure):
    base = mean(ours, figure)
    return mean(other, figure) / base if base else float("inf")


def is_ahead(policy, figure):
    told = policy["figures"][figure.key]
    return told["difference"] * figure.better > told["difference_ci95"]


def ahead(answer, figures=FIGURES):
    """All that are, the farthest first in each figure."""
    ours, *others = answer["policies"]
    found = [Ahead(other["policy"], figure, ratio(other, ours, figure))
             for figure in figures for other in others if is_ahead(other, figure)]
    order = {figure: place for place, figure in enumerate(figures)}
    return sorted(found, key=lambda each: (order[each.figure], -each.figure.better * each.ratio))


def best(policies, figure):
    return max(policies, key=lambda each: figure.better * mean(each, figure))


def sentences(answers):
    """A line for each case and figure in which any policy is ahead. Answers: by case."""
    for case, answer in answers.items():
        found = ahead(answer)
        for figure in FIGURES:
            some = [str(each) for each in found if each.figure == figure]
            if some:
                yield f"{case}: {figure.name}: {', '.join(some)}"


def behind(answers):
    """Whether any policy is ahead of ours in what the default policy is for."""
    return any(ahead(answer, GOALS) for answer in answers.values())
