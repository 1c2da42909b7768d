"""A reload changes what it should, at once, and nothing when the file is bad."""

import json
import os
import signal
import socket
import threading

from harness import config, timing
from harness.cases import each, equal, holds
from harness.pairs import ALL, once
from harness.peer import Closed
from harness.wire import event

PAIRS = ALL

SUCCESSFUL = "penstock_config_last_reload_successful"


def pools(*engines):
    return [config.pool("default", [engine.url for engine in engines])]


def two_engines(world):
    first, second = world.engine(), world.engine()
    first.answer_all(b"first")
    second.answer_all(b"second")
    return first, second


def test_sighup_brings_a_new_backend(world):
    first, second = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    equal(proxy.chat().body, b"first")

    proxy.write_config(pools=pools(second))
    proxy.reload()

    timing.eventually(lambda: proxy.chat().body == b"second", "the new backend")


def test_a_changed_file_is_read_without_a_signal(world):
    first, second = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))

    proxy.write_config(pools=pools(second))

    timing.eventually(lambda: proxy.chat().body == b"second", "the new backend")


def test_the_log_tells_begin_change_and_end(world):
    engine = world.engine()
    proxy = world.proxy_of(pools=pools(engine))

    proxy.write_config(pools=pools(engine), server={"max_failovers": 7})
    proxy.reload()
    proxy.wait_for_log("configuration reloaded")
    proxy.signal(signal.SIGTERM)
    proxy.wait_for_end()

    lines = [json.loads(line) for line in proxy.log().splitlines()]
    equal((lines[0]["message"], lines[0]["config"]), ("penstock starts", str(proxy.config_path)))
    holds(lines[0]["version"], "no version")
    told, = (line for line in lines if line["message"] == "configuration reloaded")
    equal(told["changed"], "server.max_failovers")
    holds(isinstance(told["generation"], int), f"the generation is {told['generation']!r}")
    equal(lines[-1]["message"], "stopped")


def test_a_file_written_in_place_is_read(world):
    first, second = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    text = proxy.config_path.read_text().replace(first.url, second.url)

    proxy.config_path.write_text(text)

    timing.eventually(lambda: proxy.chat().body == b"second", "the new backend")


def test_a_swapped_symlink_is_seen(world):
    """As Kubernetes replaces a ConfigMap: file -> ..data/file, and ..data is swapped."""
    first, second = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    text = proxy.config_path.read_text()
    folder = world.room / "mounted"
    for name, engine in (("one", first), ("two", second)):
        (folder / name).mkdir(parents=True)
        (folder / name / "penstock.toml").write_text(text.replace(first.url, engine.url))
    os.symlink("one", folder / "..data")
    os.symlink("..data/penstock.toml", folder / "penstock.toml")
    program = world.run("run", "-c", str(folder / "penstock.toml"))
    (url,) = program.wait_for_addresses("listening")
    equal(world.client(url).chat().body, b"first")

    os.symlink("two", folder / "..fresh")
    os.replace(folder / "..fresh", folder / "..data")

    timing.eventually(lambda: world.client(url).chat().body == b"second", "the new backend")


def test_a_bad_file_changes_nothing_and_is_told(world):
    first, _ = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    good = proxy.config_path.read_text()
    equal(proxy.metric(SUCCESSFUL), 1)

    proxy.write_text(good.replace("[server]", "[server]\nworkrs = 3"))
    proxy.reload()
    timing.eventually(lambda: proxy.metric(SUCCESSFUL) == 0, "the failed reload to show")

    equal(proxy.chat().body, b"first")
    proxy.wait_for_log("workrs")
    proxy.write_text(good)
    proxy.reload()
    timing.eventually(lambda: proxy.metric(SUCCESSFUL) == 1, "the good reload to show")


class HeldPoll:
    """An answer to a poll that comes when the case says so."""

    def __init__(self, engine, path):
        self.asked = threading.Event()
        self.go = threading.Event()
        self.answer = engine.polls[path]
        engine.polls[path] = self

    def __call__(self):
        self.asked.set()
        self.go.wait(timing.limit())
        return self.answer


def polled(*engines, **options):
    return [config.pool("default", [engine.url for engine in engines],
                        {"health_timeout": "1h", "timeout": "1h"}, **options)]


@each([("that have not answered", "/health", ["demo-model"]),
       ("that have listed no models", "/v1/models", [])])
def test_new_backends_leave_the_old_ones_serving(world, path, models):
    first, second = two_engines(world)
    held = HeldPoll(second, path)
    proxy = world.proxy_of(pools=polled(first, models=models))
    timing.eventually(lambda: proxy.chat().status == 200, "the first backend")

    proxy.write_config(pools=polled(second, models=models))
    proxy.reload()
    holds(held.asked.wait(timing.limit()), "the new backend was not asked")
    equal(proxy.chat().body, b"first", "before the new backend has answered")
    held.go.set()

    timing.eventually(lambda: proxy.chat().body == b"second", "the new backend")
    equal({proxy.chat(f"{number}").body for number in range(5)}, {b"second"})


def test_a_name_is_looked_up_before_its_backends_take_over(world):
    first, second = two_engines(world)
    held = HeldPoll(second, "/health")
    proxy = world.proxy_of(pools=polled(first))
    timing.eventually(lambda: proxy.chat().status == 200, "the first backend")

    proxy.write_config(pools=polled(discover=f"{world.pair.engine_scheme}://localhost:{second.port}"))
    proxy.reload()
    holds(held.asked.wait(timing.limit()), "the new backend was not asked")
    equal(proxy.chat().body, b"first", "before the new backend has answered")
    held.go.set()

    timing.eventually(lambda: proxy.chat().body == b"second", "the new backend")


def test_another_interval_of_discovery_is_taken(world):
    first, _ = two_engines(world)
    def pool(interval):
        url = f"{world.pair.engine_scheme}://no-such-name.invalid:1"
        return [config.pool("default", [first.url], discover=url, discover_interval=interval)]

    proxy = world.proxy_of(pools=pool("1d"))
    proxy.wait_for_log("discovery failed")

    proxy.write_config(pools=pool("100ms"))
    proxy.reload()

    proxy.wait_for_metric("penstock_discovery_lookups_total", 4, pool="default", result="failed")
    equal(proxy.log().count("discovery failed"), 1, "lines of one lasting failure")


@once("five seconds, in which nothing is sent")
def test_new_backends_that_never_answer_are_not_waited_for_without_end(world):
    first, second = two_engines(world)
    held = HeldPoll(second, "/health")
    proxy = world.proxy_of(pools=polled(first))
    timing.eventually(lambda: proxy.chat().status == 200, "the first backend")

    proxy.write_config(pools=polled(second))
    proxy.reload()

    timing.eventually(lambda: proxy.chat().status == 503, "the new backend to be the only one")
    proxy.wait_for_log("new backends have not answered")
    held.go.set()


def test_a_reload_that_comes_while_backends_are_probed_wins(world):
    first, second = two_engines(world)
    third = world.engine()
    third.answer_all(b"third")
    held = HeldPoll(second, "/health")
    proxy = world.proxy_of(pools=polled(first))
    timing.eventually(lambda: proxy.chat().status == 200, "the first backend")

    proxy.write_config(pools=polled(second))
    proxy.reload()
    holds(held.asked.wait(timing.limit()), "the new backend was not asked")
    proxy.write_config(pools=polled(third))
    proxy.reload()

    timing.eventually(lambda: proxy.chat().body == b"third", "the newest backend")
    held.go.set()
    equal([backend["url"] for backend in proxy.backends()], [third.url])


def test_a_stream_outlives_the_backend_it_came_from(world):
    old, new = world.engine(), world.engine()
    new.answer_all(b"new")
    proxy = world.proxy_of(pools=pools(old))
    exchange = proxy.post_chat(stream=True)
    request = old.next_request()
    request.start_stream()
    exchange.read_head()
    old.answer_all(b"old")

    proxy.write_config(pools=pools(new))
    proxy.reload()
    timing.eventually(lambda: proxy.chat().body == b"new", "the new backend")
    request.send_chunk(event("still"))
    exchange.expect(event("still"))
    request.end_stream()

    exchange.expect_end()


def test_a_backend_that_stays_keeps_its_connection(world):
    engine, other = two_engines(world)
    proxy = world.proxy_of(pools=pools(engine), server={"upstream_idle_timeout": "100s"})
    equal(proxy.chat().body, b"first")
    before = proxy.reloads()

    proxy.write_config(pools=pools(engine, other), server={"upstream_idle_timeout": "100s",
                                                           "max_failovers": 1})
    proxy.reload()
    timing.eventually(lambda: proxy.reloads() > before, "the reload")
    timing.eventually(lambda: proxy.chat("y").body == b"first", "the old backend")

    equal(engine.connections, 1, "connections to the backend that stayed")


@each([("the tokens of a cache", {"index_tokens": 20000}, 78),
       ("the length of a block", {"index_tokens": 10000, "block_size": "512B"}, 78)])
def test_the_prefix_index_follows(world, balance, blocks):
    first, _ = two_engines(world)
    def pool(balance):
        return [config.pool("default", [first.url], balance=balance)]

    proxy = world.proxy_of(pools=pool({"index_tokens": 10000}))
    equal(proxy.backends()[0]["index"]["capacity"], 39)

    proxy.write_config(pools=pool(balance))
    proxy.reload()

    timing.eventually(lambda: proxy.backends()[0]["index"]["capacity"] == blocks,
                      "the index to have its new size")


def test_a_pool_is_added_and_removed(world):
    first, second = two_engines(world)
    one = config.pool("one", [first.url], models=["a"])
    two = config.pool("two", [second.url], models=["b"])
    proxy = world.proxy_of(pools=[one])
    equal(proxy.chat(model="b").status, 404)

    proxy.write_config(pools=[one, two])
    timing.eventually(lambda: proxy.chat(model="b").body == b"second", "the added pool")
    proxy.write_config(pools=[one])

    timing.eventually(lambda: proxy.chat(model="b").status == 404, "the pool to go")
    equal(proxy.chat(model="a").body, b"first")


def test_a_listener_is_added_and_removed(world):
    first, _ = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    added = f"unix:{world.room}/added"

    proxy.write_config(pools=pools(first), listeners=["127.0.0.1:0", added])
    timing.eventually(lambda: answers(world, added), "the added listener")
    equal(proxy.chat().body, b"first", "over the listener that stayed")
    proxy.write_config(pools=pools(first))

    timing.eventually(lambda: not answers(world, added), "the listener to go")
    equal(proxy.chat().body, b"first", "over the listener that stayed")


def answers(world, address):
    try:
        return world.client(address).get("/health").status == 200
    except (OSError, Closed):  # also one that it has taken and not served
        return False


@each([("from all addresses to one", "0.0.0.0", "127.0.0.1"),
       ("from one address to all", "127.0.0.1", "0.0.0.0"),
       ("from a name to its address", "localhost", "127.0.0.1")])
def test_a_listener_keeps_its_port_with_another_host(world, before, after):
    first, second = two_engines(world)
    proxy = world.proxy_of(pools=pools(first), listeners=[f"{before}:0"])
    port = proxy.url.rpartition(":")[2]
    proxy.write_config(pools=pools(first), listeners=[f"{before}:{port}"])
    proxy.reload()
    timing.eventually(lambda: proxy.reloads() >= 1, "the port by its number")
    same_port = f"http://127.0.0.1:{port}"
    equal(world.client(same_port).chat().body, b"first", "over the same port")

    proxy.write_config(pools=pools(second), listeners=[f"{after}:{port}"])
    proxy.reload()

    timing.eventually(lambda: world.client(same_port).chat().body == b"second",
                      "the other host")
    equal(proxy.metric(SUCCESSFUL), 1)


def test_a_stream_outlives_the_listener_it_came_over(world):
    engine = world.engine()
    proxy = world.proxy_of(pools=pools(engine))
    port = proxy.url.rpartition(":")[2]
    exchange = proxy.post_chat(stream=True)
    request = engine.next_request()
    request.start_stream()
    exchange.read_head()

    proxy.write_config(pools=pools(engine), listeners=[f"0.0.0.0:{port}"])
    proxy.reload()
    timing.eventually(lambda: proxy.reloads() >= 1, "the reload")
    request.send_chunk(event("still"))
    exchange.expect(event("still"))
    request.end_stream()

    exchange.expect_end()
    holds(answers(world, proxy.url), "nobody listens any more")


def test_an_address_that_is_taken_refuses_the_reload_until_it_is_free(world):
    first, second = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    generation = proxy.metric("penstock_generation")
    spare = f"unix:{world.room}/spare"
    holder = socket.create_server(("127.0.0.1", 0))
    taken = f"127.0.0.1:{holder.getsockname()[1]}"

    proxy.write_config(pools=pools(second), listeners=[spare, taken])
    proxy.reload()
    timing.eventually(lambda: proxy.reloads_by("listener_failed") >= 1, "the refusal to show")
    proxy.wait_for_log(f"cannot listen on {taken}")
    equal(proxy.chat().body, b"first", "over the old listener, with the old configuration")
    equal(proxy.metric(SUCCESSFUL), 0)
    equal(proxy.metric("penstock_generation"), generation)
    holds(not answers(world, spare), "a listener of the refused configuration is open")
    equal(proxy.admin("/readyz").status, 200)
    holder.close()
    proxy.reload()

    timing.eventually(lambda: answers(world, f"http://{taken}"), "the new listener")
    equal(world.client(f"http://{taken}").chat().body, b"second")
    timing.eventually(lambda: not answers(world, proxy.url), "the old listener to go")
    equal(proxy.metric(SUCCESSFUL), 1)


def test_what_needs_a_restart_is_named_and_refused(world):
    first, _ = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))

    proxy.write_config(pools=pools(first), server={"workers": 2})
    proxy.reload()

    proxy.wait_for_log("server.workers")
    equal(proxy.chat().body, b"first")


def test_the_generation_counts_up(world):
    first, second = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    before = proxy.metric("penstock_generation")

    proxy.write_config(pools=pools(first, second))
    proxy.reload()

    timing.eventually(lambda: proxy.metric("penstock_generation") > before,
                      "the next generation")
    holds(proxy.metric(SUCCESSFUL) == 1, "the reload failed")


def test_a_refused_file_is_told_until_it_is_good_again(world):
    first, _ = two_engines(world)
    proxy = world.proxy_of(pools=pools(first))
    equal(proxy.admin("/backends").json()["last_reload"], None, "before any reload")
    good = proxy.config_path.read_text()

    proxy.write_text(good + "\nnonsense = 1\n")
    timing.eventually(lambda: proxy.metric(SUCCESSFUL) == 0, "the refusal")
    told = proxy.admin("/backends").json()["last_reload"]
    holds(not told["ok"] and "nonsense" in told["problem"], f"what is told: {told}")
    equal(proxy.admin("/readyz").status, 200, "the old configuration serves")

    proxy.write_text(good)
    timing.eventually(lambda: proxy.metric(SUCCESSFUL) == 1, "the same file as at first")
    equal(proxy.admin("/backends").json()["last_reload"]["ok"], True)
