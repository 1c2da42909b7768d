"""Labels: what is required is never violated, what is preferred gives way at a price."""

from collections import Counter

from harness import config, timing, wire
from harness.cases import each, equal, holds
from harness.client import Client
from harness.prompts import prompt


def labelled(engine, **labels):
    return {"url": engine.url, "labels": labels}


def served(proxy, count, fields=()):
    """Which engines answer; those of `world.answering` answer with their names."""
    return set(proxy.chat(prompt(f"{number}"), fields).body.decode() for number in range(count))


def places(world, *regions, poll=None, pool=None, server=None, balance=None, **route):
    """A proxy before an engine in each region, with one route."""
    engines = world.answering(len(regions))
    backends = [labelled(engine, region=region) for engine, region in zip(engines, regions)]
    proxy = world.proxy_of(
        pools=[config.pool("default", backends, poll=poll, balance=balance, **(pool or {}))],
        routes=[{"pool": "default", **route}], server=server or {})
    return proxy, engines


@each([("one value", "eu"), ("one of several", "ch|eu"), ("a pattern", "e*")])
def test_only_backends_with_the_label_are_used(world, wanted):
    proxy, (first, _, third) = places(world, "eu", "us", "eu", require_labels={"region": wanted})

    equal(served(proxy, 20), {first.name, third.name})


def test_without_a_healthy_one_the_answer_is_503_and_says_why(world):
    proxy, (eu, us) = places(world, "eu", "us", require_labels={"region": "eu"},
                             poll={"health_interval": "50ms", "fall": 1})
    proxy.wait_until_healthy(2)
    equal(served(proxy, 4), {eu.name})
    eu.set_health(503)
    proxy.wait_until_unhealthy(1)

    response = proxy.chat()

    equal(response.status, 503)
    error = response.json()["error"]
    equal(error["code"], "no_healthy_backend")
    holds("region=eu" in error["message"], f"the label is not named: {error}")
    us.expect_no_request()


def test_a_connection_that_fails_leads_nowhere_else(world):
    proxy, (eu, us) = places(world, "eu", "us", require_labels={"region": "eu"})
    eu.close()

    holds(proxy.chat().status >= 500, "it was served")
    us.expect_no_request()


def test_a_loading_engine_is_not_replaced_by_one_without_the_label(world):
    loading, us = world.engine(), world.engine()
    proxy = world.proxy_of(
        pools=[config.pool("default", [labelled(loading, region="eu"), labelled(us, region="us")])],
        routes=[{"pool": "default", "require_labels": {"region": "eu"}}])
    client = proxy.connect()

    client.send(wire.post_chat())
    loading.next_request().respond(503, body=b"loading")

    response = client.read_response()
    equal((response.status, response.body), (503, b"loading"))
    us.expect_no_request()


@each([("inspected", "inspect"), ("streamed", "stream")])
def test_a_failover_stays_within_the_labels(world, body):
    proxy, (dead, alive, us) = places(world, "eu", "eu", "us", body=body,
                                      balance={"policy": "round_robin"},
                                      require_labels={"region": "eu"})
    dead.close()

    equal(served(proxy, 6), {alive.name})
    us.expect_no_request()


def test_a_request_may_require_more(world):
    proxy, (eu, us) = places(world, "eu", "us", label_headers=True)

    equal(served(proxy, 8, [("X-Penstock-Require", "region=eu")]), {eu.name})
    equal(served(proxy, 8, [("X-Penstock-Require", "region=us|ch")]), {us.name})
    equal(served(proxy, 20), {eu.name, us.name})


def test_a_request_cannot_require_less(world):
    proxy, (_, us) = places(world, "eu", "us", label_headers=True,
                            require_labels={"region": "eu"})

    refused = proxy.chat(fields=[("X-Penstock-Require", "region=us")])

    equal(refused.status, 503)
    holds("region=eu, region=us" in refused.json()["error"]["message"], refused.body)
    us.expect_no_request()


@each([("where no route listens", {}, "region=eu"),
       ("that cannot be read", {"label_headers": True}, "region")])
def test_a_requirement_is_refused(world, route, wanted):
    proxy, (eu, us) = places(world, "eu", "us", **route)

    equal(proxy.chat(fields=[("X-Penstock-Require", wanted)]).status, 400)
    eu.expect_no_request()
    us.expect_no_request()


def test_the_wish_does_not_reach_the_engine(world):
    engine = world.engine()
    proxy = world.proxy_of(pools=[config.pool("default", [labelled(engine, zone="a")])],
                           routes=[{"pool": "default", "label_headers": True}])
    client = proxy.connect()

    client.send(wire.post_chat(fields=[("X-Penstock-Prefer", "zone=a"),
                                       ("X-Penstock-Require", "zone=*")]))
    request = engine.next_request()
    request.respond()

    holds(b"x-penstock" not in request.head.raw.lower(), f"it was passed on: {request.head.raw}")


@each([("prefix_load", "prefix_load"), ("round_robin", "round_robin"),
       ("least_load", "least_load")])
def test_a_preference_is_kept_while_the_preferred_one_is_idle(world, policy):
    proxy, (near, _) = places(world, "near", "far", balance={"policy": policy},
                              prefer_labels={"region": "near"})

    equal(served(proxy, 12), {near.name})


@each([("prefix_load", "prefix_load"), ("round_robin", "round_robin")])
def test_a_preference_spills_when_the_preferred_one_is_at_its_limit(world, policy):
    near, far = world.engine(), world.engine()
    proxy = world.proxy_of(
        pools=[config.pool("default", [labelled(near, zone="a"), labelled(far, zone="b")],
                           balance={"policy": policy, "max_in_flight": 1})],
        routes=[{"pool": "default", "prefer_labels": {"zone": "a"}}])
    first, second = proxy.connect(), proxy.connect()

    first.send(wire.post_chat("one"))
    near_request = near.next_request()
    second.send(wire.post_chat("two"))

    far.next_request().respond()
    near_request.respond()


@each([("cheap", "1ms", "far"), ("dear", "60s", "near")])
def test_a_queue_outweighs_a_preference_that_is_cheap(world, cost, chosen):
    near, far = world.answering(2)
    near.set_metrics(b"vllm:num_requests_running 64\nvllm:num_requests_waiting 50\n")
    proxy = world.proxy_of(
        pools=[config.pool("default", [labelled(near, zone="near"), labelled(far, zone="far")],
                           balance={"stale_after": "60s"}, poll={"metrics_interval": "100ms"})],
        routes=[{"pool": "default", "prefer_labels": {"zone": "near"}, "spill_cost": cost}])
    proxy.wait_until_healthy(2)
    proxy.wait_for_metric("penstock_backend_requests_waiting", 50)

    equal(served(proxy, 5), {near.name if chosen == "near" else far.name})


def test_an_explanation_tells_bars_and_prices(world):
    proxy, (near, far, us) = places(world, "near", "far", "us", server={"explain": True},
                                    require_labels={"region": "near|far"},
                                    prefer_labels={"region": "near"}, spill_cost="70ms")

    client = Client(proxy.admin_url)
    told = client.ask(wire.request(target="/explain", body=wire.chat())).json()
    client.close()
    response = proxy.chat(fields=[("X-Penstock-Explain", "1")])

    candidates = {each["backend"]: each for each in told["candidates"]}
    equal(told["labels"], {"required": "region=near|far", "preferred": "region=near"})
    equal(candidates[us.url]["unfit"], ["other_labels"])
    equal(candidates[near.url]["terms_ms"]["place"], 0)
    equal(round(candidates[far.url]["terms_ms"]["place"]), 70)
    told = response.field("X-Penstock-Explain")
    holds("place=0" in told, f"the term is not told: {told}")


def test_a_reload_changes_labels(world):
    first, second = world.answering(2)

    def tables(of_first, of_second):
        return {"pools": [config.pool("default", [labelled(first, region=of_first),
                                                  labelled(second, region=of_second)])],
                "routes": [{"pool": "default", "require_labels": {"region": "eu"}}]}

    proxy = world.proxy_of(**tables("eu", "us"))
    equal(served(proxy, 6), {first.name})

    proxy.write_config(**tables("us", "eu"))
    proxy.reload()

    timing.eventually(lambda: proxy.chat().body.decode() == second.name, "the new labels")
    equal(served(proxy, 6), {second.name})


def test_a_pools_labels_are_its_backends(world):
    first, second = world.answering(2)
    proxy = world.proxy_of(
        pools=[config.pool("default", [labelled(first, region="us"), second.url],
                           labels={"region": "eu"})],
        routes=[{"pool": "default", "require_labels": {"region": "eu"}}])

    equal(Counter(proxy.chat(f"{number}").body for number in range(10)),
          Counter({second.name.encode(): 10}))

