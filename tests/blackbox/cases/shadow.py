"""A second policy that is asked at each decision, and only counted."""

from harness.cases import equal, holds
from harness.prompts import prompt


def test_a_shadow_is_counted_and_has_no_say(world):
    engines = world.answering(3)
    proxy = world.proxy(*engines, balance={"policy": "prefix_load", "shadow": "round_robin"})

    served = {proxy.chat(prompt("a") + f" turn {turn}").body for turn in range(12)}

    equal(len(served), 1, f"backends used: {served}")
    decisions = {agrees: proxy.metric("penstock_shadow_decisions_total", pool="default",
                                      policy="round_robin", agrees=agrees) for agrees in ("yes", "no")}
    equal(decisions["yes"] + decisions["no"], 12, "decisions")
    equal(decisions["no"], 8, "decisions that differ")
    holds(proxy.metric("penstock_shadow_cost_seconds_total", change="added") > 0, "it costs nothing")
    equal(proxy.metric("penstock_shadow_cost_seconds_total", change="saved"), 0)


def test_a_shadow_of_prefix_load_tells_what_it_would_save(world):
    proxy = world.proxy(*world.answering(3),
                        balance={"policy": "round_robin", "shadow": "prefix_load"})

    for turn in range(12):
        proxy.chat(prompt("a") + f" turn {turn}")

    holds(proxy.metric("penstock_shadow_cost_seconds_total", change="saved") > 0, "it saves nothing")
    equal(sum(proxy.metric("penstock_shadow_decisions_total", agrees=agrees)
              for agrees in ("yes", "no")), 12)


def test_without_a_shadow_there_is_no_such_metric(world):
    proxy = world.proxy(*world.answering(2))
    proxy.chat()

    holds(b"penstock_shadow" not in proxy.admin("/metrics").body, "a shadow is counted")
