"""Where a request would go, and why: the command, the admin page, a head, the log."""

import json
import re
import signal
import subprocess

from harness import config, timing, wire
from harness.cases import each, equal, holds
from harness.client import Client
from harness.prompts import prompt
from runner import sanitizers


def asked(proxy, body, target="/explain", fields=()):
    """The admin page's answer."""
    client = Client(proxy.admin_url)
    try:
        return client.ask(wire.request(target=target, fields=fields, body=body))
    finally:
        client.close()


def explain(world, body, *words):
    """`penstock explain` with this body."""
    path = world.room / "body.json"
    path.write_bytes(body)
    result = subprocess.run([str(world.binary), "explain", "--request", str(path), *words],
                            capture_output=True, text=True, timeout=timing.limit(60), cwd=world.room)
    equal(sanitizers.report_in(result.stderr), "", "a checker's report")
    return result


# --- The admin page.


def test_the_page_foretells_the_pick(world):
    engines = world.answering(3)
    proxy = world.proxy(*engines)
    holder = proxy.chat(prompt("a")).body.decode()

    told = asked(proxy, wire.chat(prompt("a") + " and more")).json()

    url = next(engine.url for engine in engines if engine.name == holder)
    equal((told["backend"], told["reason"], told["refused"]), (url, "prefix", None))
    equal((told["pool"], told["policy"], told["model"]), ("default", "prefix_load", "demo-model"))
    candidates = told["candidates"]
    equal({each["backend"] for each in candidates}, {engine.url for engine in engines})
    equal([each["chosen"] for each in candidates], [True, False, False])
    holds(candidates[0]["held_blocks"] >= 6 and candidates[1]["held_blocks"] == 0,
          f"held: {candidates}")
    holds(candidates[0]["terms_ms"]["total"] < candidates[1]["terms_ms"]["total"],
          f"totals: {candidates}")


def test_the_page_sends_charges_and_counts_nothing(world):
    engine = world.engine()
    proxy = world.proxy(engine)

    equal(asked(proxy, wire.chat()).status, 200)

    engine.answer_all(b"answer")
    equal(proxy.chat().body, b"answer")  # the first that the engine hears of
    equal(len(proxy.wait_for_access_lines(1)), 1, "access lines")
    equal(proxy.metric("penstock_requests_started_total"), 1)
    equal(proxy.metric("penstock_backend_in_flight"), 0)


def test_the_page_tells_why_a_backend_is_unfit(world):
    fit, down, drained = world.answering(3)
    down.set_health(503)
    proxy = world.proxy(fit, down, {"url": drained.url, "weight": 0.0},
                        poll={"health_interval": "100ms", "metrics_interval": "100ms"})
    proxy.wait_until_healthy(2)

    told = asked(proxy, wire.chat()).json()

    unfit = {each["backend"]: each["unfit"] for each in told["candidates"]}
    equal(unfit, {fit.url: [], down.url: ["unhealthy"], drained.url: ["no_weight"]})
    equal(told["reason"], "only")


def test_the_page_follows_the_routes(world):
    engine = world.engine()
    proxy = world.proxy_of(pools=[config.pool("a", [engine.url]), config.pool("b", [engine.url])],
                           routes=[{"name": "for-search", "pool": "b",
                                    "headers": {"x-team": "search"}},
                                   {"name": "rest", "pool": "a"}])

    mine = asked(proxy, wire.chat(), "/explain/v1/chat/completions", [("X-Team", "search")]).json()
    others = asked(proxy, wire.chat()).json()
    nowhere = asked(proxy, wire.chat(), "/explain/metrics").json()

    equal((mine["route"], mine["pool"]), ("for-search", "b"))
    equal((others["route"], others["pool"]), ("rest", "a"))
    equal((nowhere["route"], nowhere["refused"]["code"]), (None, "not_found"))


def test_the_page_tells_that_a_model_is_not_served(world):
    proxy = world.proxy(world.engine())

    told = asked(proxy, wire.chat(model="other")).json()

    equal((told["backend"], told["refused"]["status"], told["refused"]["code"]),
          (None, 404, "model_not_found"))


@each([("by its length", ("Content-Length", str(1 << 30)), b""),
       ("as it comes", ("Transfer-Encoding", "chunked"), b"1000001\r\n" + b" " * ((16 << 20) + 1))])
def test_the_page_bounds_what_it_reads(world, framing, body):
    proxy = world.proxy(world.engine())
    client = Client(proxy.admin_url)

    client.send(wire.request(target="/explain", fields=[framing]) + body)

    equal(client.read_response().status, 413)


def test_a_long_prompt_is_explained_too(world):
    proxy = world.proxy(world.engine())

    told = asked(proxy, wire.chat("x" * (1 << 20))).json()

    equal(told["prompt"]["blocks"], 1024)
    equal(told["refused"], None)


def test_whoever_asks_and_goes_leaves_nothing_behind(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine)
    for _ in range(20):
        client = Client(proxy.admin_url)
        client.send(wire.request(target="/explain", body=wire.chat("x" * (1 << 20))))
        client.close()

    timing.eventually(lambda: asked(proxy, wire.chat()).status == 200, "an explanation")
    equal(proxy.chat().body, b"answer")
    timing.eventually(lambda: proxy.metric("penstock_buffered_bytes") == 0, "no buffered bytes")


# --- The command.


def test_the_command_shows_a_table(world):
    engines = world.answering(2)
    proxy = world.proxy(*engines)
    proxy.chat(prompt("a"))

    result = explain(world, wire.chat(prompt("a")), "--against", proxy.admin_url)

    equal((result.returncode, result.stderr), (0, ""))
    lines = result.stdout.splitlines()
    heading = next(line for line in lines if "backend" in line and "total" in line)
    for column in ("held", "queue", "prefill", "prefix", "others", "kv", "adapter", "weight"):
        holds(column in heading.split(), f"no {column} in {heading!r}")
    chosen = [line for line in lines if line.startswith(">")]
    equal(len(chosen), 1, "chosen rows")
    holds("milliseconds" in result.stdout, f"no unit: {result.stdout}")
    for engine in engines:
        holds(engine.url in result.stdout, f"{engine.url} is missing: {result.stdout}")


def test_the_command_answers_programs_in_json(world):
    proxy = world.proxy(world.engine())

    result = explain(world, wire.chat(), "--against", proxy.admin_url, "--json")

    equal(result.returncode, 0, "exit status")
    equal(json.loads(result.stdout)["reason"], "only")


def test_the_command_reads_standard_input_and_a_bare_address(world):
    proxy = world.proxy(world.engine())
    result = subprocess.run([str(world.binary), "explain", "--request", "-", "--against",
                             proxy.admin_url.removeprefix("http://"), "--json"],
                            input=wire.chat(), capture_output=True, timeout=timing.limit(60))

    equal(json.loads(result.stdout)["model"], "demo-model")


def test_the_command_sends_path_and_fields(world):
    engine = world.engine()
    proxy = world.proxy(engine, routes=[{"name": "mine", "pool": "default", "paths": ["/mine"],
                                         "hosts": ["llm.example"], "headers": {"x-team": "search"}}])

    result = explain(world, wire.chat(), "--against", proxy.admin_url, "--json", "--path", "/mine",
                     "--header", "Host: llm.example", "--header", "X-Team: search")

    equal(json.loads(result.stdout)["route"], "mine")


def test_a_request_that_would_be_refused_is_told_with_status_1(world):
    proxy = world.proxy(world.engine())

    result = explain(world, wire.chat(model="other"), "--against", proxy.admin_url)

    equal(result.returncode, 1, "exit status")
    holds("404 model_not_found" in result.stdout, f"it says {result.stdout!r}")


def test_the_command_finds_the_admin_address_in_the_configuration(world):
    proxy = world.proxy(world.engine())
    written = world.room / "given.toml"
    written.write_text(config.document([config.pool("default", ["http://127.0.0.1:8001"])],
                                       admin={"address": proxy.admin_url.removeprefix("http://")}))

    result = explain(world, wire.chat(), "-c", str(written))

    equal(result.returncode, 0, "exit status")
    holds("demo-model" in result.stdout, f"it says {result.stdout!r}")


@each([("off", {"enabled": False}, "no admin listener"),
       ("any port", {"address": "127.0.0.1:0"}, "--against")])
def test_the_command_tells_that_the_configuration_names_no_admin_address(world, admin, says):
    written = world.room / "given.toml"
    written.write_text(config.document([config.pool("default", ["http://127.0.0.1:8001"])],
                                       admin=admin))

    result = explain(world, wire.chat(), "-c", str(written))

    equal(result.returncode, 1, "exit status")
    holds(says in result.stderr, f"it says {result.stderr!r}")


def test_the_command_tells_that_nobody_answers(world):
    proxy = world.proxy(world.engine())
    proxy.signal(signal.SIGTERM)
    proxy.wait_for_end()

    result = explain(world, wire.chat(), "--against", proxy.admin_url)

    equal(result.returncode, 1, "exit status")
    holds(proxy.admin_url in result.stderr, f"it says {result.stderr!r}")


def test_the_command_tells_that_the_answer_is_no_explanation(world):
    engine = world.engine()
    engine.answer_all(b"<html>")

    result = explain(world, wire.chat(), "--against", engine.url)

    equal(result.returncode, 1, "exit status")
    holds("not in JSON" in result.stderr, f"it says {result.stderr!r}")


def test_the_command_tells_that_the_body_cannot_be_read(world):
    result = subprocess.run([str(world.binary), "explain", "--request", "/no/such/file", "--against",
                             "127.0.0.1:1"], capture_output=True, text=True, timeout=timing.limit(60))

    equal(result.returncode, 1, "exit status")
    holds("/no/such/file" in result.stderr, f"it says {result.stderr!r}")


@each([("neither config nor address", ["--request", "x"]),
       ("both", ["--request", "x", "-c", "y", "--against", "z"]),
       ("a field without a colon", ["--request", "/dev/null", "--against", "z", "--header", "bad"]),
       ("a path without a slash", ["--request", "x", "--against", "z", "--path", "v1"])])
def test_wrong_usage_of_the_command_ends_with_2(world, words):
    result = subprocess.run([str(world.binary), "explain", *words], capture_output=True,
                            timeout=timing.limit(60))

    equal(result.returncode, 2, "exit status")


# --- A request's head and the access line.


def test_a_client_is_told_all_candidates(world):
    engines = world.answering(3)
    proxy = world.proxy(*engines, server={"explain": True})

    response = proxy.chat(prompt("a"), fields=[("X-Penstock-Explain", "all")])

    told = response.all("X-Penstock-Candidate")
    equal({line.split("; ")[0] for line in told}, {f"backend={engine.url}" for engine in engines})
    equal(response.field("X-Penstock-Explain").split("; ")[0], told[0].split("; ")[0], "the first")
    holds(all("; held=" in line and re.search(r"; total=[0-9.]+ms; ", line) for line in told),
          f"told: {told}")


def test_a_client_is_told_eight_candidates_at_most(world):
    proxy = world.proxy(*world.answering(9), server={"explain": True})

    response = proxy.chat(fields=[("X-Penstock-Explain", "all")])

    equal(len(response.all("X-Penstock-Candidate")), 8)


@each([("not allowed", {}, "all"), ("not asked for", {"explain": True}, "1")])
def test_no_candidates_without_leave_or_wish(world, server, wish):
    proxy = world.proxy(*world.answering(2), server=server)

    response = proxy.chat(fields=[("X-Penstock-Explain", wish)])

    equal(response.all("X-Penstock-Candidate"), [])


def test_the_access_line_tells_candidates(world):
    engines = world.answering(2)
    proxy = world.proxy(*engines, log={"explain": True})
    proxy.chat("a private question")

    line = proxy.wait_for_access_lines(1)[0]

    equal({each["backend"] for each in line["candidates"]}, {engine.url for engine in engines})
    equal(line["candidates"][0]["backend"], line["backend"], "the first is the chosen one")
    holds("total" in line["candidates"][0]["terms_ms"], f"no terms: {line}")
    holds("private" not in json.dumps(line), "content was logged")


def test_the_access_line_of_a_refused_request_tells_why(world):
    proxy = world.proxy({"url": world.engine().url, "weight": 0.0}, log={"explain": True})

    equal(proxy.chat().status, 503)

    equal([each["unfit"] for each in proxy.wait_for_access_lines(1)[0]["candidates"]],
          [["no_weight"]])


def test_the_access_line_tells_no_candidates_by_itself(world):
    proxy = world.proxy(*world.answering(2))
    proxy.chat()

    holds("candidates" not in proxy.wait_for_access_lines(1)[0], "candidates are logged")
