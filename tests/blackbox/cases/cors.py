"""Cross-origin requests: answered here, for the origins that the config names."""

from harness import wire
from harness.cases import equal, holds
from harness.pairs import ALL

PAIRS = ALL

APP = "https://app.example"
PREFLIGHT = [("Access-Control-Request-Method", "POST"),
             ("Access-Control-Request-Headers", "authorization,content-type")]


def preflight(proxy, origin):
    return proxy.ask("OPTIONS", wire.CHAT, [("Origin", origin), *PREFLIGHT])


def open_to_app(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    return engine, world.proxy(engine, cors={"allow_origins": [APP]})


def test_a_preflight_is_answered_without_an_engine(world):
    engine, proxy = open_to_app(world)
    seen = []
    engine.on_request = seen.append

    response = preflight(proxy, APP)

    holds(response.status in (200, 204), f"status {response.status}")
    equal(response.field("Access-Control-Allow-Origin"), APP)
    holds("POST" in response.field("Access-Control-Allow-Methods"), "POST is not allowed")
    equal(response.field("Access-Control-Allow-Headers").replace(" ", "").lower(),
          "authorization,content-type")
    equal(seen, [], "requests at the engine")


def test_an_answer_to_an_allowed_origin_says_so(world):
    _, proxy = open_to_app(world)

    response = proxy.chat(fields=[("Origin", APP)])

    equal(response.all("Access-Control-Allow-Origin"), [APP])
    holds("origin" in (response.field("Vary") or "").lower(), "no Vary: Origin")


def test_another_origin_is_not_allowed(world):
    _, proxy = open_to_app(world)

    equal(preflight(proxy, "https://evil.example").field("Access-Control-Allow-Origin"), None)
    equal(proxy.chat(fields=[("Origin", "https://evil.example")])
          .field("Access-Control-Allow-Origin"), None)


def test_an_engine_does_not_let_in_another_origin(world):
    engine, proxy = open_to_app(world)
    engine.answer_all(b"{}", fields=[("Access-Control-Allow-Origin", "*")])

    response = proxy.chat(fields=[("Origin", "https://evil.example")])

    equal((response.status, response.field("Access-Control-Allow-Origin")), (200, None))


def test_a_page_may_read_when_to_come_again(world):
    _, proxy = open_to_app(world)

    response = proxy.chat(fields=[("Origin", APP)])

    holds("Retry-After" in response.field("Access-Control-Expose-Headers"), "it may not")


def test_without_cors_nothing_is_added(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine)

    equal(proxy.chat(fields=[("Origin", APP)]).field("Access-Control-Allow-Origin"), None)


def test_a_refusal_is_readable_across_origins(world):
    _, proxy = open_to_app(world)

    response = proxy.ask(target="/secret", fields=[("Origin", APP)], body=b"")

    equal(response.status, 404)
    equal(response.field("Access-Control-Allow-Origin"), APP)
