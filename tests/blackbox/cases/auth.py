"""API keys: off by default, compared by hash, told in the API's own shape."""

import hashlib

from harness import timing, wire
from harness.cases import each, equal, holds
from harness.pairs import ALL

PAIRS = ALL


def keys_file(world, *keys):
    path = world.room / "keys"
    path.write_text("# keys of the case\n" + "".join(
        f"{hashlib.sha256(key.encode()).hexdigest()} name-{number}\n"
        for number, key in enumerate(keys)))
    return path


def guarded(world, *keys):
    engine = world.engine()
    engine.answer_all(b"let in")
    return engine, world.proxy(engine, auth={"keys_file": str(keys_file(world, *keys))})


@each([("as bearer", "Authorization", "Bearer sk-good"), ("small bearer", "authorization",
                                                          "bearer sk-good"),
       ("as x-api-key", "x-api-key", "sk-good"), ("the second key", "X-Api-Key", "sk-other")])
def test_a_known_key_lets_in(world, name, value):
    _, proxy = guarded(world, "sk-good", "sk-other")

    equal(proxy.chat(fields=[(name, value)]).body, b"let in")


def test_the_access_line_tells_whose_key_it_was(world):
    _, proxy = guarded(world, "sk-good", "sk-other")

    proxy.chat(fields=[("x-api-key", "sk-other")])
    proxy.chat(fields=[("x-api-key", "sk-bad")])

    lines = proxy.wait_for_access_lines(2)
    equal([line.get("key_name") for line in lines], ["name-1", None])


@each([("none", []), ("wrong", [("Authorization", "Bearer sk-bad")]),
       ("the hash itself", [("Authorization",
                             "Bearer " + hashlib.sha256(b"sk-good").hexdigest())]),
       ("longer", [("Authorization", "Bearer sk-good2")]),
       ("another scheme", [("Authorization", "Basic sk-good")]), ("empty", [("x-api-key", "")])])
def test_without_a_known_key_nothing_passes(world, fields):
    engine, proxy = guarded(world, "sk-good")

    response = proxy.chat(fields=fields)

    equal(response.status, 401)
    equal(response.error_code(), "unauthorized")
    engine.expect_no_request()


def test_the_anthropic_api_is_refused_in_its_shape(world):
    _, proxy = guarded(world, "sk-good")

    response = proxy.ask(target="/v1/messages", body=wire.chat())

    document = response.json()
    equal((response.status, document["type"]), (401, "error"))
    equal(document["error"]["type"], "authentication_error")


def test_health_needs_no_key(world):
    _, proxy = guarded(world, "sk-good")

    equal(proxy.get("/health").status, 200)


def test_a_refused_body_need_not_be_read(world):
    _, proxy = guarded(world, "sk-good")

    exchange = proxy.start(body=b"beginning", length=50_000_000)

    equal(exchange.read_head().status, 401)


def test_keys_are_replaced_by_a_reload(world):
    _, proxy = guarded(world, "sk-old")
    equal(proxy.chat(fields=[("x-api-key", "sk-old")]).status, 200)

    keys_file(world, "sk-new")
    proxy.reload()
    timing.eventually(lambda: proxy.chat(fields=[("x-api-key", "sk-new")]).status == 200,
                      "the new key to be known")

    equal(proxy.chat(fields=[("x-api-key", "sk-old")]).status, 401)


def test_the_key_is_in_no_log(world):
    _, proxy = guarded(world, "sk-very-secret")
    proxy.chat(fields=[("Authorization", "Bearer sk-very-secret")])
    proxy.wait_for_access_lines(1)

    holds("sk-very-secret" not in proxy.log() + proxy.access_path.read_text(), "the key was logged")


def test_a_pools_key_may_replace_the_clients(world):
    engine = world.engine()
    key = world.room / "engine-key"
    key.write_text("sk-engine\n")
    proxy = world.proxy(engine, pool={"api_key_file": str(key), "replace_authorization": True})
    exchange = proxy.post_chat(fields=[("Authorization", "Bearer sk-client")])
    request = engine.next_request()

    equal(request.all("Authorization"), ["Bearer sk-engine"])
    exchange.close()
