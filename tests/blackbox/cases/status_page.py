"""The page for people, as a browser shows it."""

import html
import re
import shutil
import subprocess

from harness import config, timing
from harness.cases import Skip, equal, holds


def shown(proxy, wanted):
    """The page's document, once it holds `wanted`."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise Skip("no browser is installed")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
               f"--user-data-dir={proxy.config_path.parent / 'browser'}",
               "--virtual-time-budget=3000", proxy.admin_url]

    def document():
        result = subprocess.run(command, capture_output=True, text=True, timeout=timing.limit())
        page = html.unescape(result.stdout.partition("<script>")[0])
        return page if wanted in page else None
    return timing.eventually(document, f"{wanted!r} on the page")


def test_who_is_down_comes_first(world):
    engines = [world.engine() for _ in range(3)]
    engines[2].refuse()
    proxy = world.proxy(*engines, poll={"health_interval": "100ms"})
    proxy.wait_until_healthy(2)
    proxy.wait_until_unhealthy(1)

    page = shown(proxy, "2/3 Penstock")

    urls = re.findall(r"<td class=\"\">(http://[^<]+)<|<td>(http://[^<]+)<", page)
    equal([a or b for a, b in urls], [engines[2].url, engines[0].url, engines[1].url], "rows")
    holds("2 of 3 healthy" in page, "the pool's row")


def test_who_fails_requests_is_shown(world):
    engine = world.engine()
    engine.answer_all(status=500)
    proxy = world.proxy(engine)
    for number in range(3):
        proxy.chat(f"request {number}")

    page = shown(proxy, "engine error · ")

    holds('<b id="errors" class="bad">3 · 100 %</b>' in page, "the tile of errors")


def test_a_refused_configuration_is_shown(world):
    proxy = world.proxy(world.engine())
    proxy.write_text(proxy.config_path.read_text() + "\nnonsense = 1\n")
    proxy.wait_for_log("is refused")

    page = shown(proxy, "config refused ")

    holds("nonsense" in page, "the problem is not told")


def test_a_pool_without_backends_is_shown_with_its_error(world):
    proxy = world.proxy_of(pools=[config.pool("default", [], discover="http://nobody.invalid:1")])
    proxy.wait_for_log("discovery failed")

    shown(proxy, "discovery of http://nobody.invalid:1 fails: ")
