"""Which requests go to which pool, and which go nowhere."""

from harness import config, wire
from harness.cases import each, equal, holds
from harness.pairs import ALL

PAIRS = ALL


def answering(world, body, **more):
    engine = world.engine(**more)
    engine.answer_all(body)
    return engine


def two_pools(world, routes):
    first, second = answering(world, b"first"), answering(world, b"second")
    return world.proxy_of(pools=[config.pool("first", [first.url], models=["demo-model", "a"]),
                                 config.pool("second", [second.url], models=["b"])], routes=routes)


def test_inference_endpoints_are_open_by_default(world):
    client = world.proxy(answering(world, b"open")).client()

    for path in (
            "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses",
            "/v1/messages", "/v1/rerank", "/rerank", "/v1/score", "/score",
            "/v1/audio/transcriptions", "/tokenize", "/detokenize"):
        response = client.ask(target=path, body=wire.chat())
        equal((response.status, response.body), (200, b"open"), path)


def test_control_endpoints_are_closed_by_default(world):
    engine = world.engine()
    proxy = world.proxy(engine)

    for path in (
            "/v1/load_lora_adapter", "/reset_prefix_cache", "/sleep", "/flush_cache", "/metrics",
            "/start_profile", "/collective_rpc", "/update_weights_from_disk", "/docs", "/", "/v1",
            "/v1/chat/completions/../../sleep", "/v1/chat/completions/%2e%2e/%2e%2e/../sleep",
            "//sleep"):
        response = proxy.ask(target=path, body=wire.chat())
        holds(response.status in (400, 404), f"{path}: {response.status}")
    engine.expect_no_request()


def test_a_route_opens_other_paths(world):
    engine = answering(world, b"open")
    proxy = world.proxy(engine, routes=[{"paths": ["/**"], "methods": ["*"], "pool": "default"}])

    equal(proxy.get("/anything/at/all?x=1").body, b"open")
    equal(proxy.ask("DELETE", "/thing").body, b"open")


def test_a_route_by_model(world):
    proxy = two_pools(world, [{"models": ["b*"], "pool": "second"}, {"pool": "first"}])

    equal(proxy.chat(model="b").body, b"second")
    equal(proxy.chat(model="a").body, b"first")


def test_a_route_by_path_and_method(world):
    proxy = two_pools(world, [
        {"paths": ["/a/*"], "methods": ["GET"], "pool": "second"},
        {"paths": ["/a/**"], "methods": ["*"], "pool": "first"}])

    equal(proxy.get("/a/one").body, b"second")
    equal(proxy.get("/a/one/two").body, b"first")
    equal(proxy.ask("POST", "/a/one", body=b"{}").body, b"first")


def test_a_route_by_header(world):
    proxy = two_pools(world, [{"headers": {"X-Tier": "gold*"}, "pool": "second",
                               "models": ["*"]}, {"pool": "first"}])

    equal(proxy.chat(model="b", fields=[("x-tier", "golden")]).body, b"second")
    equal(proxy.chat(model="a").body, b"first")


def test_a_route_by_host(world):
    proxy = two_pools(world, [{"hosts": ["*.second.test"], "pool": "second"}, {"pool": "first"}])

    second = proxy.ask(body=wire.chat(model="b"), host="x.second.test:80")
    first = proxy.ask(body=wire.chat(model="a"), host="second.test")

    equal((second.body, first.body), (b"second", b"first"))


def test_a_backends_base_path_is_put_before(world):
    engine = world.engine()
    proxy = world.proxy(engine.url + "/base")

    exchange = proxy.post_chat()

    equal(engine.next_request().target, "/base/v1/chat/completions")
    exchange.close()


def test_a_query_reaches_the_engine(world):
    engine = world.engine()

    exchange = world.proxy(engine).start(target=wire.CHAT + "?a=%20b&c", body=wire.chat())

    equal(engine.next_request().target, wire.CHAT + "?a=%20b&c")
    exchange.close()


@each([("/health", "/health"), ("/ping", "/ping")])
def test_health_is_answered_here(world, path):
    engine = world.engine()
    proxy = world.proxy(engine)

    equal(proxy.get(path).status, 200)
    engine.expect_no_request()
