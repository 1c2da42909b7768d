"""Backends by a DNS name: whoever it names takes requests, whoever it names no more ends his."""

from harness import config, timing
from harness.cases import equal, holds
from harness.names import Names
from harness.pairs import ALL, ENGINES_NAME
from harness.wire import event

PAIRS = ALL

PROMPT = "a prompt with blocks for the index " * 300


def discovered(world, *addresses):
    """(names, proxy, engines): an engine on each address, all on the same port."""
    names = Names(world)
    names.set(ENGINES_NAME, *addresses)
    engines = [world.engine(host=addresses[0])]
    engines += [world.engine(host=each, port=engines[0].port) for each in addresses[1:]]
    url = f"{world.pair.engine_scheme}://{ENGINES_NAME}:{engines[0].port}"
    pool = config.pool("default", [], discover=url,
                       discover_interval="100ms", balance={"policy": "round_robin"})
    proxy = world.proxy_of(pools=[pool], environment=names.environment)
    wait_for_backends(proxy, len(addresses))
    return names, proxy, engines


def wait_for_backends(proxy, count):
    timing.eventually(lambda: len(proxy.backends()) == count, f"{count} backends")


def begun_stream(world, proxy, engines):
    """(exchange, engine, request) of a stream whose first event has arrived."""
    exchange = proxy.post_chat(PROMPT, stream=True)
    engine, request = world.next_request(*engines)
    request.start_stream()
    request.send_chunk(event("begun"))
    exchange.read_head()
    exchange.expect(event("begun"))
    return exchange, engine, request


def blocks_of(proxy, engine):
    return {each["url"]: each["index"]["blocks"] for each in proxy.backends()}[engine.url]


def test_a_removed_address_ends_no_stream_and_no_index(world):
    names, proxy, (kept, gone) = discovered(world, "127.0.0.1", "127.0.0.2")
    streams = [begun_stream(world, proxy, (kept, gone)) for _ in range(2)]
    equal({engine.name for _, engine, _ in streams}, {kept.name, gone.name}, "who streams")
    blocks = blocks_of(proxy, kept)
    holds(blocks > 0, "the index has nothing of the prompt")

    names.set(ENGINES_NAME, "127.0.0.1")
    wait_for_backends(proxy, 1)

    equal(blocks_of(proxy, kept), blocks, "blocks of the backend that stays")
    for exchange, _, request in streams:
        request.send_chunk(event("still"))
        exchange.expect(event("still"))
        request.end_stream()
        exchange.expect_end()
    kept.answer_all(b"kept")
    equal({proxy.chat().body for _ in range(4)}, {b"kept"}, "who answers from now on")


def test_an_added_address_takes_requests(world):
    names, proxy, (first,) = discovered(world, "127.0.0.1")
    second = world.engine(host="127.0.0.2", port=first.port)
    first.answer_all(b"first")
    second.answer_all(b"second")
    equal({proxy.chat().body for _ in range(4)}, {b"first"})

    names.set(ENGINES_NAME, "127.0.0.1", "127.0.0.2")
    wait_for_backends(proxy, 2)

    timing.eventually(lambda: proxy.chat().body == b"second", "the added backend")


def test_a_name_that_is_lost_keeps_its_last_addresses(world):
    names, proxy, (engine,) = discovered(world, "127.0.0.1")
    engine.answer_all(b"answer")

    names.set(ENGINES_NAME)
    proxy.wait_for_log("discovery failed")

    equal(proxy.chat().body, b"answer")
    equal(len(proxy.backends()), 1)
    holds("the last answer stays" in proxy.log(), "what the log says")
    names.set(ENGINES_NAME, "127.0.0.1")
    proxy.wait_for_log("discovery succeeds again")


def test_a_pool_whose_name_nobody_knows_says_so(world):
    names = Names(world)
    names.set(ENGINES_NAME)
    proxy = world.proxy_of(pools=[config.pool("default", [], discover=f"http://{ENGINES_NAME}:1",
                                              discover_interval="100ms")],
                           environment=names.environment)
    proxy.wait_for_log("no backend has been found yet")

    pool = proxy.admin("/backends").json()["pools"][0]

    equal((pool["name"], pool["discover"]), ("default", f"http://{ENGINES_NAME}:1"))
    holds(pool["discovery_error"], "the pool tells no error")
    equal(proxy.metric("penstock_discovery_lookups_total", result="answered"), 0)
