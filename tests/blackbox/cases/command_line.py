"""The commands: check, config, version, demo, engine, and their exit statuses."""

import json
import os
import subprocess

from harness import config, timing
from harness.cases import each, equal, holds
from harness.client import Client
from runner import sanitizers


def penstock(world, *words, environment=None):
    result = subprocess.run([str(world.binary), *words], capture_output=True, text=True,
                            timeout=timing.limit(60), cwd=world.room,
                            env={**os.environ, **(environment or {})})
    equal(sanitizers.report_in(result.stderr), "", "a checker's report")
    return result


def written(world, text):
    path = world.room / "given.toml"
    path.write_text(text)
    return str(path)


GOOD = config.document([config.pool("default", ["http://127.0.0.1:8001"])])


@each([(word or "penstock", word) for word in ("", "run", "check", "config", "demo", "engine",
                                               "explain", "simulate", "version")])
def test_help_is_there(world, word):
    result = penstock(world, *([word] if word else []), "--help")

    equal(result.returncode, 0, "exit status")
    holds(len(result.stdout) > 60, f"it says only {result.stdout!r}")


def test_version(world):
    result = penstock(world, "version")

    equal(result.returncode, 0, "exit status")
    holds("0.1.0" in result.stdout, f"it says {result.stdout!r}")


def test_version_and_help_are_found_whichever_way_they_are_asked_for(world):
    equal(penstock(world, "--version").stdout, penstock(world, "version").stdout)
    equal(penstock(world, "help").stdout, penstock(world, "--help").stdout)
    equal(penstock(world, "help", "run").stdout, penstock(world, "run", "--help").stdout)


def test_wrong_usage_ends_with_2(world):
    equal(penstock(world, "run", "--no-such-flag").returncode, 2, "exit status")
    equal(penstock(world, "no-such-command").returncode, 2, "exit status")


def test_a_command_that_is_not_there_is_named(world):
    result = penstock(world, "chekc")

    holds('"chekc"; did you mean "check"?' in result.stderr, f"it says {result.stderr!r}")


@each([(" ".join(words), words) for words in (
    ("--max-running", "0"), ("--speed", "0"), ("--speed", "-1"), ("--kv-blocks", "0"), ("--kv-blocks", "4294967295"),
    ("--status", "7"))])
def test_an_engine_cannot_be_so(world, words):
    result = penstock(world, "engine", "--listen", "127.0.0.1:0", *words)

    equal(result.returncode, 2, "exit status")
    holds(words[0] in result.stderr and len(result.stderr) < 200, f"it says {result.stderr!r}")


def test_an_engine_says_which_flag_has_no_endpoint(world):
    result = penstock(world, "engine", "--listen", "127.0.0.1:0", "--kv-events", "foo")

    equal(result.returncode, 1, "exit status")
    holds("--kv-events" in result.stderr, f"it says {result.stderr!r}")


@each([(address, address) for address in ("127.0.0.1:abc", "127.0.0.1:", "127.0.0.1")])
def test_an_engine_says_what_is_wrong_with_its_address(world, address):
    result = penstock(world, "engine", "--listen", address, "--count", "2")

    equal(result.returncode, 1, "exit status")
    holds("port" in result.stderr, f"it says {result.stderr!r}")


def test_health_asks_the_admin_listener_wherever_it_is(world):
    engine = world.engine()
    socket = f"unix:{world.room}/admin.sock"
    world.proxy(engine, admin={"address": socket})

    def ready():
        result = penstock(world, "health", "--admin", socket)
        return (result.returncode, result.stdout) == (0, "ready\n")

    timing.eventually(ready, "a ready proxy")
    equal(penstock(world, "health", "--admin", f"unix:{world.room}/no.sock").returncode, 1)


def test_health_says_why_it_is_not_ready_and_that_it_runs(world):
    engine = world.engine()
    engine.set_health(503)
    proxy = world.proxy(engine, poll={"health_interval": "100ms"})
    proxy.wait_until_unhealthy(1)

    ready = penstock(world, "health", "--admin", proxy.admin_url)
    live = penstock(world, "health", "--live", "--admin", proxy.admin_url)

    equal((ready.returncode, ready.stdout), (1, "not ready: no_healthy_backend\n"))
    equal((live.returncode, live.stdout), (0, "alive\n"))


def test_health_knows_that_it_asks_somebody_else(world):
    proxy = world.proxy(world.engine())

    result = penstock(world, "health", "--admin", proxy.url)

    equal((result.returncode, result.stdout), (1, ""))
    holds("is this the address of [admin]?" in result.stderr, result.stderr)


@each([("a port", "127.0.0.1:1"), ("a socket", "unix:/nowhere/admin.sock")])
def test_health_names_an_address_that_is_out_of_reach_once(world, address):
    result = penstock(world, "health", "--admin", address)

    equal(result.returncode, 1, "exit status")
    equal(result.stderr.count(address), 1, result.stderr)


def test_check_is_content_with_a_good_file(world):
    result = penstock(world, "check", "-c", written(world, GOOD))

    equal(result.returncode, 0, "exit status")
    holds(result.stdout.endswith(": good: 1 listener, 1 pool, 0 routes\n"),
          f"it says {result.stdout!r}")


def test_check_tells_every_error_at_once(world):
    path = written(world, """\
[server]
workrs = 2
head_timeout = "ten seconds"

[[listener]]
address = "nowhere"

[[pool]]
name = "default"
engine = "vlm"
backends = [{ url = "ftp://x" }]

[[route]]
pool = "defualt"
""")

    result = penstock(world, "check", "-c", path)
    told = result.stdout + result.stderr

    equal(result.returncode, 1, "exit status")
    for place in (":2:", ":3:", ":6:", ":10:", ":11:", ":14:"):
        holds(f"{path}{place}" in told or f"given.toml{place}" in told,
              f"nothing about line {place}\n{told}")
    for hint in ("workers", "vllm", "default"):
        holds(hint in told, f"no hint at {hint}\n{told}")


def test_a_missing_file_is_told(world):
    result = penstock(world, "check", "-c", str(world.room / "none.toml"))

    equal(result.returncode, 1, "exit status")
    holds("none.toml" in result.stdout + result.stderr, "the file is not named")


def test_run_refuses_a_bad_file(world):
    result = penstock(world, "run", "-c", written(world, "[server]\nworkrs = 2\n"))

    equal(result.returncode, 1, "exit status")
    holds("workrs" in result.stdout + result.stderr, "the mistake is not told")


def test_config_tells_where_each_value_is_from(world):
    result = penstock(world, "config", "-c", written(world, GOOD),
                      environment={"PENSTOCK_SERVER_MAX_FAILOVERS": "5"})

    equal(result.returncode, 0, "exit status")
    lines = result.stdout.splitlines()

    def line_of(path):
        return next((line for line in lines if line.startswith(path)), "")

    holds("given.toml:2" in line_of("server.workers"), f"workers: {line_of('server.workers')}")
    holds("PENSTOCK_SERVER_MAX_FAILOVERS" in line_of("server.max_failovers"),
          f"max_failovers: {line_of('server.max_failovers')}")
    holds("default" in line_of("server.max_body"), f"max_body: {line_of('server.max_body')}")


def test_a_bad_file_is_told_in_json_to_who_asks_for_json(world):
    path = written(world, "[server]\nworkrs = 2\n")

    for command in ("check", "config"):
        result = penstock(world, command, "--json", "-c", path)

        equal(result.returncode, 1, "exit status")
        holds("workrs" in json.dumps(json.loads(result.stdout)), result.stdout)


def test_a_flag_cannot_set_what_there_can_be_several_of(world):
    result = penstock(world, "check", "-c", written(world, GOOD), "--set", "pool.name=x")

    equal(result.returncode, 1, "exit status")
    holds("several [[pool]]: they are set in the file only" in result.stderr, result.stderr)


def test_config_as_json_parses(world):
    result = penstock(world, "config", "--json", "-c", written(world, GOOD))

    equal(result.returncode, 0, "exit status")
    json.loads(result.stdout)


def test_the_demo_answers(world):
    demo = world.run("demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
    proxy, admin = demo.wait_for_line("proxy "), demo.wait_for_line("admin ")

    client = Client(proxy)
    models = [each["id"] for each in client.get("/v1/models").json()["data"]]
    answer = client.chat(model=models[0], max_tokens=4)

    equal(answer.status, 200)
    holds(answer.json()["choices"][0]["message"]["content"], "an empty answer")
    equal(len(Client(admin).get("/backends").body) > 0, True)


def test_the_demo_finds_other_ports_when_its_own_are_taken(world):
    first = world.run("demo")
    urls = [first.wait_for_line("proxy "), first.wait_for_line("admin ")]
    second = world.run("demo")
    urls += [second.wait_for_line("proxy "), second.wait_for_line("admin ")]

    equal(len(set(urls)), 4, f"four addresses: {urls}")
    second.wait_for_log("it gets another port")


def test_the_demo_says_which_address_is_wrong(world):
    result = penstock(world, "demo", "--listen", "127.0.0.1")

    equal(result.returncode, 1, "exit status")
    holds('--listen: "127.0.0.1" has no port' in result.stderr, result.stderr)


def test_the_demo_ends_on_a_signal(world):
    import signal
    demo = world.run("demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
    demo.wait_for_line("proxy ")

    demo.signal(signal.SIGTERM)

    equal(demo.wait_for_end(), 0, "exit status")
