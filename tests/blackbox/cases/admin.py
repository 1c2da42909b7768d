"""The pages for operators and for Prometheus."""

import subprocess

from harness import timing
from harness.cases import Skip, equal, holds
from harness.pairs import ALL

PAIRS = ALL


def served_proxy(world):
    engine = world.engine()
    engine.answer_all(b'{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3,'
                      b'"prompt_tokens_details":{"cached_tokens":8}}}',
                      fields=[("Content-Type", "application/json")])
    proxy = world.proxy(engine, poll={"metrics_interval": "100ms", "health_interval": "100ms"})
    proxy.wait_until_healthy(1)
    for number in range(3):
        equal(proxy.chat(f"question {number}").status, 200)
    proxy.wait_for_access_lines(3)
    return engine, proxy


def test_liveness_and_readiness(world):
    _, proxy = served_proxy(world)

    equal(proxy.admin("/livez").status, 200)
    equal(proxy.admin("/readyz").status, 200)


def test_it_is_not_ready_when_every_backend_has_weight_zero(world):
    proxy = world.proxy({"url": world.engine().url, "weight": 0.0})

    equal(proxy.chat().status, 503)
    equal(proxy.admin("/readyz").status, 503)


def test_it_is_not_ready_without_a_healthy_backend_but_alive(world):
    engine = world.engine()
    engine.set_health(503)
    proxy = world.proxy(engine, poll={"health_interval": "100ms"})

    equal(proxy.admin("/readyz").status, 503)
    equal(proxy.admin("/livez").status, 200)
    engine.set_health(200)
    timing.eventually(lambda: proxy.admin("/readyz").status == 200, "readiness")


def test_backends_are_listed(world):
    engine, proxy = served_proxy(world)

    rows = proxy.backends()

    equal([row["url"] for row in rows], [engine.url])
    equal((rows[0]["pool"], rows[0]["health"]), ("default", "healthy"))


def test_the_config_is_shown_without_secrets(world):
    engine = world.engine()
    key = world.room / "key"
    key.write_text("sk-secret\n")
    proxy = world.proxy(engine, pool={"api_key_file": str(key)})

    page = proxy.admin("/config")

    equal(page.status, 200)
    page.json()
    holds(b"sk-secret" not in page.body, "the key is shown")
    holds(b"default" in page.body, "the pool is not shown")


def test_an_unknown_page_is_404(world):
    _, proxy = served_proxy(world)

    equal(proxy.admin("/nothing").status, 404)


def test_promtool_is_content_with_the_metrics(world):
    _, proxy = served_proxy(world)
    page = proxy.admin("/metrics").body
    try:
        checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True,
                                 timeout=timing.limit())
    except FileNotFoundError:
        raise Skip("promtool is not installed") from None

    equal((checked.returncode, checked.stdout + checked.stderr), (0, b""), "what promtool says")


def test_requests_and_tokens_are_counted(world):
    _, proxy = served_proxy(world)

    proxy.wait_for_metric("penstock_requests_total", 3)
    equal(proxy.metric("penstock_prompt_tokens_total"), 36)
    equal(proxy.metric("penstock_output_tokens_total"), 9)
    equal(proxy.metric("penstock_cached_tokens_total"), 24)


def test_nothing_is_left_in_flight(world):
    _, proxy = served_proxy(world)

    timing.eventually(lambda: proxy.metric("penstock_requests_in_flight") == 0, "0 in flight")
    timing.eventually(lambda: all(row["in_flight"] == 0 for row in proxy.backends()),
                      "0 in flight at the backend")


def test_an_unknown_model_makes_no_label(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    proxy.chat(model="made-up-by-a-client")
    proxy.wait_for_access_lines(1)

    holds(b"made-up-by-a-client" not in proxy.admin("/metrics").body, "it became a label")
