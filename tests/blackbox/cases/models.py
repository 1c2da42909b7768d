"""Known models are the configured names and what the backends list."""

from harness import config, timing, wire
from harness.cases import each, equal, holds
from harness.pairs import ALL

PAIRS = ALL

POLL = {"models_interval": "100ms", "health_interval": "100ms"}


def listed(proxy):
    return sorted(each["id"] for each in proxy.get("/v1/models").json()["data"])


def polled_pool(name, engine, **more):
    return config.pool(name, [engine.url], poll=POLL, models=[], **more)


def test_models_are_the_union_over_pools(world):
    first, second = world.engine(models=["a", "shared"]), world.engine(models=["b", "shared"])
    proxy = world.proxy_of(pools=[polled_pool("one", first), polled_pool("two", second)])

    timing.eventually(lambda: listed(proxy) == ["a", "b", "shared"], "the union of both lists")


def test_a_request_goes_to_the_pool_that_serves_its_model(world):
    first, second = world.engine(models=["a"]), world.engine(models=["b"])
    first.answer_all(b"first")
    second.answer_all(b"second")
    proxy = world.proxy_of(pools=[polled_pool("one", first), polled_pool("two", second)])
    timing.eventually(lambda: listed(proxy) == ["a", "b"], "both lists")

    equal(proxy.chat(model="b").body, b"second")
    equal(proxy.chat(model="a").body, b"first")


def test_an_unknown_model_is_told_with_the_known_ones(world):
    engine = world.engine(models=["known-model"])
    proxy = world.proxy_of(pools=[polled_pool("one", engine)])
    timing.eventually(lambda: listed(proxy) == ["known-model"], "the list")

    response = proxy.chat(model="unknown-model")

    equal(response.status, 404)
    equal(response.error_code(), "model_not_found")
    holds("known-model" in response.json()["error"]["message"], "the known models are not told")
    engine.expect_no_request()


def test_before_the_lists_are_there_an_unknown_model_may_come_later(world):
    engine = world.engine()
    engine.polls["/v1/models"] = (500, "text/plain", b"")
    proxy = world.proxy_of(pools=[polled_pool("one", engine)])
    proxy.wait_until_healthy(1)

    response = proxy.chat(model="late")

    equal(response.status, 503)
    equal(response.error_code(), "models_not_listed_yet")
    holds(response.field("Retry-After"), "no Retry-After")


def test_where_nobody_was_ever_up_no_list_is_promised(world):
    engine = world.engine()
    engine.set_health(503)
    engine.polls["/v1/models"] = (500, "text/plain", b"")
    proxy = world.proxy_of(pools=[polled_pool("one", engine)])

    def refused_with(response):
        return response.status == 503 and response.error_code() == "no_healthy_backend"

    timing.eventually(lambda: refused_with(proxy.chat(model="late")), "nobody to be healthy")
    holds(refused_with(proxy.get("/v1/models/late")), "the model's own page")


def test_one_model_is_told_as_in_the_list(world):
    engine = world.engine(models=["a", "b"])
    proxy = world.proxy_of(pools=[polled_pool("one", engine)])
    timing.eventually(lambda: listed(proxy) == ["a", "b"], "the list")

    equal([proxy.get(f"/v1/models/{name}").json() for name in ("a", "b")],
          proxy.get("/v1/models").json()["data"])


def test_an_adapter_that_is_loaded_later_becomes_known(world):
    engine = world.engine(models=["base"])
    engine.answer_all(b"answer")
    proxy = world.proxy_of(pools=[polled_pool("one", engine)])
    timing.eventually(lambda: listed(proxy) == ["base"], "the list")

    engine.set_models("base", "adapter")

    timing.eventually(lambda: proxy.chat(model="adapter").status == 200, "the adapter to be known")


def test_a_pool_may_pass_unknown_models(world):
    engine = world.engine(models=["base"])
    engine.answer_all(b"answer")
    proxy = world.proxy_of(pools=[polled_pool("one", engine, unknown_model="pass")])
    proxy.wait_until_healthy(1)

    equal(proxy.chat(model="whatever").status, 200)


def test_a_request_without_model_goes_to_the_only_pool(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine)

    equal(proxy.ask(body=b'{"messages":[]}').body, b"answer")


def test_a_request_without_model_is_ambiguous_between_pools(world):
    first, second = world.engine(), world.engine()
    proxy = world.proxy_of(pools=[config.pool("one", [first.url], models=["a"]),
                                  config.pool("two", [second.url], models=["b"])])

    response = proxy.ask(body=b'{"messages":[]}')

    equal(response.status, 400)
    equal(response.error_code(), "model_required")


@each([("no JSON", b"garbage", "not JSON"), ("a number", b'{"model":5}', "must be a string")])
def test_what_is_wrong_with_a_body_is_told_between_pools(world, body, told):
    first, second = world.engine(), world.engine()
    proxy = world.proxy_of(pools=[config.pool("one", [first.url], models=["a"]),
                                  config.pool("two", [second.url], models=["b"])])

    response = proxy.connect().ask(wire.request(body=body))

    equal((response.status, response.error_code()), (400, "bad_request"))
    holds(told in response.json()["error"]["message"], response.body)


def test_the_model_of_an_upload_is_read(world):
    first, second = world.engine(), world.engine()
    first.answer_all(b"first")
    second.answer_all(b"second")
    proxy = world.proxy_of(pools=[config.pool("one", [first.url], models=["a"]),
                                  config.pool("two", [second.url], models=["b"])])
    body = (b'--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\nb\r\n'
            b'--XX\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
            + b"\x00\x01" * 1000 + b"\r\n--XX--\r\n")

    response = proxy.ask(target="/v1/audio/transcriptions", body=body,
                         fields=[("Content-Type", "multipart/form-data; boundary=XX")])

    equal(response.body, b"second")
