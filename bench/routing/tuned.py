"""Peers with their parameters swept: the best that each can be made to do, case by case."""

import itertools
import math

import verdict


def by_peer(answer):
    """Peer -> its variants in a case's answer, where they stand together."""
    variants = itertools.groupby(answer["policies"][1:],
                                 key=lambda each: each["policy"].partition(":")[0])
    return {peer: list(each) for peer, each in variants}


def best_ratio(ours, variants, figure):
    """Of a peer's variants: ratio to ours and name of the best, and whether any is ahead."""
    best = verdict.best(variants, figure)
    return (verdict.ratio(best, ours, figure), best["policy"],
            any(verdict.is_ahead(each, figure) for each in variants))


def row(answer, figure):
    """Of each peer as it is printed: its best ratio, with * where it is ahead beyond chance."""
    ours = answer["policies"][0]
    found = [best_ratio(ours, variants, figure) for variants in by_peer(answer).values()]
    return [f"{digits(ratio)}{'*' if is_ahead else ''}" for ratio, _, is_ahead in found]


def digits(ratio):
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def one_setting(answers, figure):
    """Of each peer: which of its settings does best over all cases (geometric mean of the ratios
    to ours), and that mean."""
    logs = {}  # policy -> one for each case
    for answer in answers.values():
        ours, *others = answer["policies"]
        for other in others:
            ratio = verdict.ratio(other, ours, figure)
            logs.setdefault(other["policy"], []).append(math.log(max(ratio, 1e-9)))
    means = {policy: math.exp(sum(each) / len(each)) for policy, each in logs.items()}
    return [max(of_peer, key=lambda each: figure.better * each[1])
            for _, of_peer in itertools.groupby(means.items(),
                                                key=lambda each: each[0].partition(":")[0])
            for of_peer in [list(of_peer)]]


def sentences(answers):
    """A line for each setting that is ahead: where, and what it costs where it does worst."""
    for figure in verdict.GOALS:
        for case, answer in answers.items():
            for peer, variants in by_peer(answer).items():
                best = verdict.best([each for each in variants if verdict.is_ahead(each, figure)]
                                    or variants, figure)
                if verdict.is_ahead(best, figure):
                    yield sentence(answers, case, best, figure)


def sentence(answers, case, best, figure):
    ratio = verdict.ratio(best, answers[case]["policies"][0], figure)
    ratios = {other: verdict.ratio(found(answer, best["policy"]), answer["policies"][0], figure)
              for other, answer in answers.items()}
    worst = min(ratios, key=lambda each: figure.better * ratios[each])
    return (f"{case}: {figure.name}: {best['policy']} {ratio:.3f}; at its worst "
            f"{digits(ratios[worst])} ({worst})")


def found(answer, policy):
    return next(each for each in answer["policies"] if each["policy"] == policy)
