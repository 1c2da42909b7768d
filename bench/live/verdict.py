"""Figures of a policy, simulated and live, and whether both put the policies in the same order."""

import math
import statistics


def percentile(values, share):
    """By nearest rank, as the simulator's."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


def live_figures(requests, answers):
    good = [(request, answer) for request, answer in zip(requests, answers) if not answer.fault]
    if not good:
        raise RuntimeError(f"no request was answered: {answers[0].fault}")
    first = [answer.first_token for _, answer in good]
    prompts = sum(request.prompt_tokens for request, _ in good)
    return {"mean": statistics.fmean(first), "p50": percentile(first, 0.5),
            "p90": percentile(first, 0.9),
            "hit_rate": sum(answer.cached_tokens for _, answer in good) / prompts,
            "answered": len(good), "failed": len(answers) - len(good),
            "late_p99": percentile([answer.late for _, answer in good], 0.99)}


def simulated_figures(policy):
    mean = {key: figure["mean"] for key, figure in policy["figures"].items()}
    return {"mean": mean["ttft_mean_s"], "p50": mean["ttft_p50_s"], "p90": mean["ttft_p90_s"],
            "hit_rate": mean["hit_rate"]}


def told_apart(simulated, gap):
    """From the best on, each policy whose mean is by `gap` above that of the one taken before."""
    taken = []
    for policy in sorted(simulated, key=simulated.get):
        if not taken or simulated[policy] > simulated[taken[-1]] * (1 + gap):
            taken.append(policy)
    return taken


def ranks(values):
    """From 1; equal values share the mean of their places."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]


def spearman(one, other):
    """The correlation of the ranks; 0 when there is nothing to order."""
    if len(set(one)) < 2 or len(set(other)) < 2:
        return 0.0
    first, second = ranks(one), ranks(other)
    middle = (len(one) + 1) / 2
    product = sum((a - middle) * (b - middle) for a, b in zip(first, second))
    return product / math.sqrt(sum((a - middle) ** 2 for a in first)
                               * sum((b - middle) ** 2 for b in second))


def pairs(simulated, live, gap):
    """Of all pairs that the simulator tells apart by `gap`: how many are in the same order live."""
    policies = sorted(simulated, key=simulated.get)
    apart = [(better, worse) for place, better in enumerate(policies)
             for worse in policies[place + 1:] if simulated[worse] > simulated[better] * (1 + gap)]
    return sum(live[better] < live[worse] for better, worse in apart), len(apart)


def compare(simulated, live, gap):
    """Means of the first token by policy, both ways."""
    taken = told_apart(simulated, gap)
    agreed, apart = pairs(simulated, live, gap)
    return {"gap": gap, "told_apart": taken,
            "rank_correlation": spearman([simulated[each] for each in taken],
                                         [live[each] for each in taken]),
            "rank_correlation_all": spearman(list(simulated.values()),
                                             [live[each] for each in simulated]),
            "pairs": apart, "pairs_agreed": agreed}


def table(simulated, live):
    lines = [f"{'':14}{'first token, simulated, s':^27}{'live, s':^27}{'hit rate':^16}",
             f"{'policy':14}" + f"{'mean':>9}{'p50':>9}{'p90':>9}" * 2
             + f"{'simulated':>11}{'live':>7}"]
    for policy in sorted(simulated, key=lambda each: simulated[each]["mean"]):
        one, other = simulated[policy], live[policy]
        figures = "".join(f"{each[key]:9.3f}" for each in (one, other)
                          for key in ("mean", "p50", "p90"))
        lines.append(f"{policy:14}{figures}{one['hit_rate']:11.3f}{other['hit_rate']:7.3f}")
    return "\n".join(lines)
