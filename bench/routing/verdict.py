"""One case's answer as a line, and whether the first policy is behind another."""

import dataclasses

P90, GOODPUT = "ttft_p90_s", "goodput_per_s"
HEAD = (f"{'case':37} {'TTFT p90 s':>10} {'next best':>28} {'ratio':>6} {'goodput/s':>10} "
        f"{'next best':>28}")


@dataclasses.dataclass
class Verdict:
    ours: dict
    quickest: dict
    most_useful: dict
    behind: list  # sentences

    def line(self, case):
        p90, other = self.ours["figures"][P90]["mean"], self.quickest["figures"][P90]["mean"]
        goodput = self.ours["figures"][GOODPUT]["mean"]
        return (f"{str(case):37} {p90:10.3f} {named(self.quickest, P90, 3):>28} "
                f"{other / p90:6.2f} {goodput:10.2f} {named(self.most_useful, GOODPUT, 2):>28}"
                f"{'  behind' if self.behind else ''}")


def named(policy, figure, digits):
    return f"{policy['policy']} {policy['figures'][figure]['mean']:.{digits}f}"


def of(answer):
    ours, *others = answer["policies"]
    quickest = min(others, key=lambda each: each["figures"][P90]["mean"])
    most_useful = max(others, key=lambda each: each["figures"][GOODPUT]["mean"])
    return Verdict(ours, quickest, most_useful,
                   lag(ours, quickest, P90, -1) + lag(ours, most_useful, GOODPUT, 1))


def lag(ours, best, figure, better):
    """`better` is the sign that a difference to ours has where the other is better."""
    told = best["figures"][figure]
    if told["difference"] * better <= told["difference_ci95"]:
        return []
    ratio = told["mean"] / ours["figures"][figure]["mean"]
    return [f"{figure} of {best['policy']} is {ratio:.3f} of ours"]
