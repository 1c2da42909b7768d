"""Sessions: what belongs together goes to one backend, as long as that can be had."""

import json

from harness import config, timing, wire
from harness.cases import each, equal, holds
from harness.client import Client

RESPONSES = "/v1/responses"


def ask(proxy, fields=(), target=wire.CHAT, **body):
    """The name of the engine that answers; each request has a prompt of its own."""
    ask.number += 1
    body = {"model": "demo-model", "messages": [{"role": "user", "content": f"{ask.number} " * 900}],
            **body}
    client = proxy.connect()
    try:
        return client.ask(wire.request(target=target, fields=fields,
                                       body=json.dumps(body).encode())).body.decode()
    finally:
        client.close()


ask.number = 0


def explained(proxy, **body):
    """What the admin page says of such a request."""
    client = Client(proxy.admin_url)
    try:
        body = {"model": "demo-model", "messages": [], **body}
        return client.ask(wire.request(target="/explain", body=json.dumps(body).encode())).json()
    finally:
        client.close()


def sticky(world, sources, count=4, policy="prefix_load", engines=None, **balance):
    engines = engines or world.answering(count)
    return world.proxy(*engines, balance={"session": sources, "policy": policy, **balance}), engines


SOURCES = [
    ("a header", ["header:X-Session-Id"], {"fields": [("x-session-id", "ann")]}),
    ("a cookie", ["cookie:sid"], {"fields": [("Cookie", "a=b; sid=ann; c=d")]}),
    ("the user", ["user"], {"user": "ann"}),
    ("a cache key", ["prompt_cache_key"], {"prompt_cache_key": "ann"}),
    ("a conversation", ["conversation"], {"conversation": {"id": "ann"}}),
    ("a session id", ["session_id"], {"session_id": "ann"}),
    ("metadata", ["metadata.user_id"], {"metadata": {"user_id": "ann"}}),
    ("the second source", ["header:x-none", "user"], {"user": "ann"}),
]


@each([(name, sources, request) for name, sources, request in SOURCES])
def test_a_session_stays(world, sources, request):
    proxy, _ = sticky(world, sources, policy="round_robin")

    served = {ask(proxy, **request) for _ in range(10)}

    equal(len(served), 1, f"backends of one session: {served}")
    equal(len({ask(proxy) for _ in range(8)}), 4, "backends without one")


@each([(policy, policy) for policy in
       ("prefix_load", "prefix_hash", "least_load", "random", "power_of_two")])
def test_a_session_stays_with_each_policy(world, policy):
    proxy, _ = sticky(world, ["user"], policy=policy)

    for user in ("ann", "bob", "eve"):
        equal(len({ask(proxy, user=user) for _ in range(8)}), 1, f"backends of {user}")


def test_sessions_spread(world):
    proxy, _ = sticky(world, ["user"], policy="round_robin")

    equal(len({ask(proxy, user=f"{number}") for number in range(8)}), 4)


def test_sources_and_pools_keep_names_apart(world):
    first, second = world.answering(2), world.answering(2)
    proxy = world.proxy_of(pools=[
        config.pool(name, [engine.url for engine in engines], models=[name],
                    balance={"session": ["header:x-user", "user"], "policy": "round_robin"})
        for name, engines in (("one", first), ("two", second))])

    served = [[ask(proxy, model=model, user="ann"),
               ask(proxy, model=model, fields=[("X-User", "ann")])]
              for _ in range(4) for model in ("one", "two")]

    equal(len({tuple(names) for names in served}), 2, f"backends: {served}")
    holds(all(a != b for a, b in served), f"a header and a user are one session: {served}")


def answer_with_id(engine):
    answer = {"id": f"resp_{engine.name}", "object": "response", "filler": "x" * 9000,
              "name": engine.name}
    engine.answer_all(json.dumps(answer).encode(), fields=[("Content-Type", "application/json")])


def test_a_response_leads_back_to_its_backend(world):
    """Engines keep responses in memory: another one would not know the id."""
    engines = [world.engine() for _ in range(4)]
    for engine in engines:
        answer_with_id(engine)
    proxy, _ = sticky(world, ["conversation"], engines=engines, policy="round_robin")

    for _ in range(3):
        for _ in engines:
            first = json.loads(ask(proxy, target=RESPONSES))
            again = json.loads(ask(proxy, target=RESPONSES, previous_response_id=first["id"]))
            equal(again["name"], first["name"], "the backend of the next turn")
    equal(proxy.metric("penstock_session_requests_total", session="kept"), 12)


def test_a_streamed_response_leads_back_too(world):
    engines = [world.engine() for _ in range(3)]
    proxy, _ = sticky(world, ["conversation"], engines=engines, policy="round_robin")
    client = proxy.connect()
    client.send(wire.request(target=RESPONSES, body=wire.chat(stream=True)))
    engine, request = world.next_request(*engines)
    request.start_stream()
    for part in (b'event: response.created\ndata: {"type":"response.created","response":{"i',
                 b'd":"resp_7","object":"response"}}\n\n'):
        request.send_chunk(part)
    request.end_stream()
    client.read_response()
    for each_engine in engines:
        each_engine.answer_all(each_engine.name.encode())

    equal({ask(proxy, target=RESPONSES, previous_response_id="resp_7") for _ in range(3)},
          {engine.name})


def test_a_path_with_a_response_leads_back(world):
    engines = [world.engine() for _ in range(3)]
    for engine in engines:
        answer_with_id(engine)
    pool = config.pool("default", [engine.url for engine in engines],
                       balance={"policy": "round_robin"})
    proxy = world.proxy_of(pools=[pool], routes=[{"pool": "default", "paths": ["/v1/**"]}])
    made = json.loads(ask(proxy, target=RESPONSES))

    for _ in range(3):
        equal(proxy.get(f"{RESPONSES}/{made['id']}").json()["name"], made["name"])


def test_a_session_moves_when_its_backend_dies_and_stays_there(world):
    proxy, engines = sticky(world, ["user"], policy="round_robin")
    home = ask(proxy, user="ann")
    next(engine for engine in engines if engine.name == home).close()

    moved = ask(proxy, user="ann")

    holds(moved != home, "it stayed with the dead")
    equal({ask(proxy, user="ann") for _ in range(6)}, {moved})
    lines = proxy.wait_for_access_lines(8)
    equal([line["session"] for line in lines[:3]], ["new", "moved", "kept"])


def test_a_session_is_forgotten_after_its_time(world):
    proxy, _ = sticky(world, ["user"], count=2, policy="round_robin", session_ttl="1s")
    ask(proxy, user="ann")

    timing.eventually(lambda: explained(proxy, user="ann")["session"]["home"] is None,
                      "the session to be forgotten")

    ask(proxy, user="ann")
    equal(proxy.metric("penstock_session_requests_total", session="new"), 2)


@each([("cheap", "1ms", False), ("dear", "60s", True)])
def test_a_queue_outweighs_a_session_that_is_worth_little(world, worth, stays):
    engines = world.answering(2)
    proxy = world.proxy(*engines, poll={"metrics_interval": "50ms"},
                        balance={"session": ["user"], "session_worth": worth,
                                 "stale_after": "60s"})
    proxy.wait_until_healthy(2)
    home = ask(proxy, user="ann")
    next(engine for engine in engines if engine.name == home).set_metrics(
        b"vllm:num_requests_running 64\nvllm:num_requests_waiting 50\n")
    proxy.wait_for_metric("penstock_backend_requests_waiting", 50)

    equal(ask(proxy, user="ann") == home, stays)


def test_a_session_goes_elsewhere_when_its_backend_is_at_its_limit(world):
    engines = [world.engine(), world.engine()]
    proxy, _ = sticky(world, ["header:x-s"], engines=engines, policy="least_load", max_in_flight=1)
    first, second = proxy.connect(), proxy.connect()
    first.send(wire.post_chat("one", fields=[("X-S", "ann")]))
    home, held = world.next_request(*engines)

    second.send(wire.post_chat("two", fields=[("X-S", "ann")]))

    other = next(engine for engine in engines if engine is not home)
    other.next_request().respond()
    held.respond()


def test_required_labels_come_before_sessions(world):
    engines = world.answering(2)
    backends = [{"url": engine.url, "labels": {"zone": zone}}
                for engine, zone in zip(engines, "ab")]
    proxy = world.proxy_of(
        pools=[config.pool("default", backends, balance={"session": ["user"]})],
        routes=[{"pool": "default", "label_headers": True}])
    at = {zone: ask(proxy, user="ann", fields=[("X-Penstock-Require", f"zone={zone}")])
          for zone in "ab"}

    equal(at, {"a": engines[0].name, "b": engines[1].name})


def test_two_proxies_that_see_each_other_place_a_new_session_alike(world):
    engines = world.answering(4)
    for engine in engines:  # requests that are not this proxy's
        engine.set_metrics(b"vllm:num_requests_running 8\nvllm:num_requests_waiting 0\n")
    proxies = [world.proxy(*engines, poll={"metrics_interval": "50ms"},
                           balance={"session": ["user"], "policy": policy, "stale_after": "60s"})
               for policy in ("least_load", "random")]
    for proxy in proxies:
        proxy.wait_until_healthy(4)
        proxy.wait_for_metric("penstock_backend_requests_running", 32)

    for user in ("ann", "bob", "eve", "joe", "kim"):
        equal(ask(proxies[1], user=user), ask(proxies[0], user=user), f"the backend of {user}")


def test_no_session_is_looked_for_without_leave(world):
    proxy, _ = sticky(world, [], policy="round_robin")

    equal(len({ask(proxy, conversation="ann") for _ in range(8)}), 4)
    equal(proxy.metric("penstock_session_requests_total"), 0)


def test_an_explanation_tells_the_home_and_the_price(world):
    proxy, engines = sticky(world, ["user"], count=2, session_worth="300ms")
    home = ask(proxy, user="ann")

    told = explained(proxy, user="ann")

    url = next(engine.url for engine in engines if engine.name == home)
    equal(told["session"], {"source": "user", "home": url})
    equal((told["backend"], told["reason"]), (url, "session"))
    equal({round(each["terms_ms"]["session"]): each["backend"] == url
           for each in told["candidates"]}, {0: True, 300: False})


def reset_all(engines):
    """Each resets what comes; the list tells who did."""
    done = []

    def reset_by(engine):
        def reset(request):
            done.append(engine)
            request.reset()
        return reset
    for engine in engines:
        engine.on_request = reset_by(engine)
    return done


def test_a_session_whose_first_request_failed_is_free(world):
    """It would fail for as long as its backend does, with others idle beside it."""
    engines = [world.engine() for _ in range(3)]
    proxy, _ = sticky(world, ["user"], engines=engines, policy="round_robin")
    failing = reset_all(engines)
    equal(proxy.chat(user="ann").status, 502)
    for engine in engines:
        if engine not in failing:
            engine.answer_all(engine.name.encode())

    later = [proxy.chat(user="ann") for _ in range(6)]

    equal([each.status for each in later], [200] * 6)
    equal(len({each.body for each in later}), 1, "backends of the session")


def test_a_session_leaves_the_home_that_fails_it(world):
    proxy, engines = sticky(world, ["user"], count=3, policy="round_robin")
    home = ask(proxy, user="ann")
    reset_all([engine for engine in engines if engine.name == home])
    equal(proxy.chat(user="ann").status, 502)

    later = [proxy.chat(user="ann") for _ in range(6)]

    equal([each.status for each in later], [200] * 6)
    equal(len({each.body for each in later}), 1, "backends of the session")


def test_a_user_is_no_session_without_leave(world):
    """One may stand for a whole service, which must not end on one backend."""
    proxy = world.proxy(*world.answering(4), balance={"policy": "prefix_hash"})

    served = {ask(proxy, user="service", prompt_cache_key="service") for _ in range(24)}

    holds(len(served) > 1, f"backends: {served}")
