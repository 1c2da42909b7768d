"""`penstock simulate`: traces, workloads, policies, output, mistakes."""

import json
import subprocess

from harness import timing
from harness.cases import each, equal, holds
from runner import sanitizers


def simulate(world, *words):
    result = subprocess.run([str(world.binary), "simulate", *words], capture_output=True, text=True,
                            timeout=timing.limit(120), cwd=world.room)
    equal(sanitizers.report_in(result.stderr), "", "a checker's report")
    return result


def line(number):
    return json.dumps({"timestamp": number // 10 * 1000, "input_length": 1500 + number,
                       "output_length": 20, "hash_ids": [0, 1 + number % 5, 100 + number]})


def trace(world, lines):
    path = world.room / "trace.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_trace_becomes_a_table(world):
    path = trace(world, [line(number) for number in range(200)])

    result = simulate(world, "--trace", path, "--engines", "2", "--seeds", "3",
                      "--policy", "prefix_load,round_robin,gaie:prefix=1/3")

    equal(result.returncode, 0, "exit status")
    equal(result.stderr, "", "stderr")
    for policy in ("prefix_load", "round_robin", "gaie:prefix=1", "gaie:prefix=3"):
        holds(policy in result.stdout, f"no {policy} in {result.stdout!r}")


def test_the_same_seed_gives_the_same_json(world):
    words = ("--workload", "chat", "--engines", "3", "--requests", "500", "--replicas", "2",
             "--policy", "all", "--json", "--seed", "7")

    first = simulate(world, *words)
    second = simulate(world, *words)

    equal(first.returncode, 0, "exit status")
    equal(first.stdout, second.stdout, "the second run")
    policies = json.loads(first.stdout)["policies"]
    holds(len(policies) > 10, f"only {len(policies)} policies")
    equal({policy["figures"]["lost"]["mean"] for policy in policies}, {0}, "lost requests")


def test_a_bad_line_is_told_with_its_number_and_left_out(world):
    path = trace(world, [line(0), "{", line(1)])

    result = simulate(world, "--trace", path, "--engines", "1")

    equal(result.returncode, 0, "exit status")
    holds(f"{path}:2: it is not a JSON object" in result.stderr, f"it says {result.stderr!r}")


def test_the_access_log_is_a_trace(world):
    path = trace(world, [json.dumps({
        "time": f"2026-08-01T00:00:{number:02}.000Z", "request_id": str(number), "model": "m",
        "prompt_tokens": 900, "output_tokens": 9, "cached_tokens": 512, "duration_ms": 100.0})
        for number in range(50)])

    result = simulate(world, "--trace", path, "--engines", "2", "--json")

    equal(result.returncode, 0, "exit status")
    first = json.loads(result.stdout)["policies"][0]["figures"]
    holds(first["hit_rate"]["mean"] > 0.3, f"the hit rate is {first['hit_rate']['mean']}")


def test_what_became_of_the_access_logs_lines_is_told(world):
    def access(number, **more):
        return json.dumps({"time": f"2026-08-01T00:00:{number:02}.000Z", "request_id": str(number),
                           "model": "m", "status": 200, "prompt_tokens": 0, "output_tokens": 9,
                           "prompt_blocks": 4, "bytes_in": 4096, "duration_ms": 100.0, **more})

    path = trace(world, [access(number) for number in range(40)]
                 + [access(41, prompt_tokens=900), access(42, status=503, output_tokens=0)])

    table = simulate(world, "--trace", path, "--engines", "2").stdout
    document = json.loads(simulate(world, "--trace", path, "--engines", "2", "--json").stdout)

    told = document["setting"]["requests"]
    holds(told.startswith("41: 1 with the tokens that the engine counted, 40 estimated"), told)
    holds("left out 1 refused" in told, told)
    holds(told in table, table)


def test_requests_are_counted_in_the_settings(world):
    result = simulate(world, "--workload", "chat", "--engines", "2", "--requests", "50", "--json")

    equal(json.loads(result.stdout)["setting"]["requests"], "50")


def test_an_exported_workload_is_the_same_traffic(world):
    path = world.room / "exported.jsonl"
    words = ("--engines", "3", "--requests", "400", "--policy", "round_robin,least_request", "--json")
    made = ("--workload", "chat", "--seed", "5")

    exported = simulate(world, *made, *words, "--export", str(path))
    from_workload = simulate(world, *made, *words)
    from_trace = simulate(world, "--trace", str(path), "--seed", "5", *words)

    equal(exported.returncode, 0, "exit status")
    equal(len(path.read_text().splitlines()), 400, "lines")
    for one, other in zip(*(json.loads(each.stdout)["policies"]
                            for each in (from_workload, from_trace)), strict=True):
        equal(one["figures"]["hit_rate"], other["figures"]["hit_rate"], "hit rate")


def test_an_engine_is_what_its_numbers_say(world):
    words = ("--workload", "chat", "--requests", "200", "--policy", "round_robin", "--json")
    numbers = ("--prefill-rate", "2000", "--decode-step-ms", "50", "--decode-growth", "0.5",
               "--max-running", "8", "--kv-tokens", "120000")

    usual = json.loads(simulate(world, *words).stdout)
    slow = json.loads(simulate(world, *words, *numbers).stdout)

    holds("--prefill-rate 2000, --decode-step-ms 50" in slow["setting"]["engines"],
          f"it says {slow['setting']['engines']!r}")
    before, after = (each["policies"][0]["figures"]["ttft_mean_s"]["mean"]
                     for each in (usual, slow))
    holds(after > 2 * before, f"the first token came after {after} s, before it was {before} s")


def figures(world, *words):
    result = simulate(world, "--requests", "1500", "--engines", "2", "--json", *words)
    equal(result.returncode, 0, "exit status")
    answer = json.loads(result.stdout)
    return answer["setting"], {name: value["mean"]
                               for name, value in answer["policies"][0]["figures"].items()}


def test_engines_fail_and_come_back_as_told(world):
    words = ("--workload", "shared_prompts", "--policy", "prefix_load")

    usual = figures(world, *words)[1]
    setting, failed = figures(world, *words, "--fail", "60:1:30", "--fail", "120:0:10")
    gone = figures(world, *words, "--fail", "1:0", "--fail", "1:1")[1]

    equal(setting["fail"], "60:1:30, 120:0:10", "the setting")
    equal(usual["lost"], 0, "lost requests")
    holds(0 < failed["lost"] < 0.1, f"{failed['lost']} were lost")
    holds(failed["hit_rate"] < usual["hit_rate"], "the caches are not cold after a failure")
    holds(gone["lost"] > 0.9, f"only {gone['lost']} were lost")


def test_a_slowed_engine_is_slow_for_so_long(world):
    words = ("--workload", "shared_prompts", "--policy", "round_robin")

    usual = figures(world, *words)[1]
    for_a_while = figures(world, *words, "--slow", "60:1:20:20")[1]
    for_good = figures(world, *words, "--slow", "60:1:20")[1]

    holds(usual["ttft_mean_s"] < for_a_while["ttft_mean_s"] < for_good["ttft_mean_s"],
          f"the first token comes after {usual}, {for_a_while}, {for_good}")


def test_adapters_cost_what_they_are_told_to(world):
    words = ("--workload", "lora", "--policy", "round_robin", "--speed", "0.5")

    usual = figures(world, *words)[1]
    slow = figures(world, *words, "--adapter-load-ms", "2000")[1]
    roomy = figures(world, *words, "--adapter-load-ms", "2000", "--max-adapters", "32")[1]

    holds(usual["ttft_mean_s"] < roomy["ttft_mean_s"] < slow["ttft_mean_s"],
          f"the first token comes after {usual}, {roomy}, {slow}")


def test_the_html_report_is_one_file(world):
    path = world.room / "report.html"

    result = simulate(world, "--workload", "rag", "--engines", "2", "--requests", "200",
                      "--seeds", "2", "--html", str(path))

    equal(result.returncode, 0, "exit status")
    page = path.read_text()
    holds("<svg" in page and "http" not in page, "the page is not as it should be")


@each([("policy", ("--policy", "nothing"), "there is no policy \"nothing\""),
       ("parameter", ("--policy", "gaie:x=1"), "gaie has no \"x\""),
       ("no parameters", ("--policy", "prefix_load:x=1"), "prefix_load has no parameters"),
       ("workload", ("--workload", "nothing"), "there is no workload \"nothing\""),
       ("profile", ("--profile", "nothing"), "there is no profile \"nothing\""),
       ("failure", ("--fail", "10:8"), '"10:8" is not AT:ENGINE or AT:ENGINE:SECONDS'),
       ("failure's time", ("--fail", "nan:1"), '"nan:1" is not AT:ENGINE'),
       ("failure's end", ("--fail", "1:1:-1"), '"1:1:-1" is not AT:ENGINE'),
       ("slowness", ("--slow", "10:1"), '"10:1" is not AT:ENGINE:FACTOR'),
       ("factor", ("--slow", "10:1:0"), "with an engine from 0 to 7"),
       ("file", ("--trace", "not-there.jsonl"), "cannot read not-there.jsonl: No such file"),
       ("export", ("--requests", "10", "--export", "not/there"), "cannot write not/there: No such file"),
       ("html", ("--html", "not/there"), "cannot write not/there: No such file")])
def test_a_mistake_is_told_in_a_sentence(world, words, sentence):
    result = simulate(world, *words)

    equal(result.returncode, 1, "exit status")
    holds(sentence in result.stderr, f"it says {result.stderr!r}")


@each([(f"{option} {value}", option, value, bounds) for option, value, bounds in (
    ("--prefill-rate", "1e-12", "1 to 1000000000"), ("--prefill-rate", "x", "1 to 1000000000"),
    ("--prefill-rate", "nan", "1 to 1000000000"), ("--decode-growth", "1e200", "0 to 100"),
    ("--speed", "1e-12", "0.001 to 1000"), ("--slo-ttft", "0", "0.001 to 86400"),
    ("--kv-tokens", "100000001", "1 to 100000000"), ("--poll-delay-ms", "60001", "0 to 60000"))])
def test_a_number_out_of_all_bounds_is_refused(world, option, value, bounds):
    result = simulate(world, "--requests", "10", option, value)

    equal(result.returncode, 2, "exit status")
    holds(f"{value} is not a number from {bounds}" in result.stderr or
          f"{value} not in range {bounds}" in result.stderr, f"it says {result.stderr!r}")


def test_a_file_without_requests_is_told(world):
    result = simulate(world, "--trace", trace(world, ["{}", "[]"]))

    equal(result.returncode, 1, "exit status")
    holds("no request" in result.stderr, f"it says {result.stderr!r}")
    holds("trace.jsonl:2: " in result.stderr, f"it says {result.stderr!r}")
