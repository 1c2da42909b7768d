"""What is printed while the cases run, a line each, and at the end."""

import sweep
import tuned
import verdict
from verdict import GOODPUT, P90


def head(chosen):
    if chosen.tuned:
        return f"{'case':24} " + " ".join(f"{peer:>{len(peer)}}" for peer in sweep.PARAMETERS)
    return (f"{'case':37} {'TTFT p90 s':>10} {'next best':>28} {'ratio':>6} {'goodput/s':>10} "
            f"{'next best':>28}")


def line(chosen, case, answer):
    if chosen.tuned:
        ratios = zip(sweep.PARAMETERS, tuned.row(answer, P90))
        return f"{str(case):24} " + " ".join(f"{ratio:>{len(peer)}}" for peer, ratio in ratios)
    ours, *others = answer["policies"]
    quickest, most_useful = (verdict.best(others, figure) for figure in verdict.GOALS)
    return (f"{str(case):37} {verdict.mean(ours, P90):10.3f} {named(quickest, P90):>28} "
            f"{verdict.ratio(quickest, ours, P90):6.2f} {verdict.mean(ours, GOODPUT):10.2f} "
            f"{named(most_useful, GOODPUT):>28}"
            f"{'  behind' if verdict.ahead(answer, verdict.GOALS) else ''}")


def named(policy, figure):
    return f"{policy['policy']} {verdict.mean(policy, figure):.{figure.digits}f}"


def end(chosen, answers):
    if chosen.tuned:
        yield "TTFT p90 of each peer's best setting by ours; * ahead beyond chance."
        for policy, ratio in tuned.one_setting(answers, P90):
            yield f"one setting for all cases: {policy} {ratio:.2f} (geometric mean)"
    found = list(tuned.sentences(answers) if chosen.tuned else verdict.sentences(answers))
    yield "Ahead of prefix_load beyond chance (95 %, paired seeds), by the ratio to it:" \
        if found else "Nothing is ahead of prefix_load beyond chance (95 %, paired seeds)."
    yield from found
