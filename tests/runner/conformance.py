"""Conformance: h2spec in strict mode against Penstock with an engine behind, in clear text and TLS."""

import math
import sys
from urllib.parse import urlsplit

from conformance import h2spec

# Where HTTP/1.1 shares the port: what does not begin as HTTP/2 is a request of that version, is
# answered so (400) and the connection ends, as it should. h2spec takes those bytes for a frame.
OTHER_PROTOCOL = ("clear text, both protocols: http2/3.5: Sends invalid connection preface",
                  "HTTP/1.1 shares the port and answers it with 400")


def run(options, report):
    try:
        program = h2spec.fetch()
    except h2spec.Unavailable as why:
        report.skip("h2spec", f"it cannot be got: {why}")
        return
    binary = options.build / "src" / "app" / "penstock"
    if not binary.exists():
        report.fail("executable", f"{binary} is not built")
        return
    sys.path.insert(0, str(options.root / "tests" / "blackbox"))
    check("clear text, both protocols", program, binary, options, report)
    check("clear text", program, binary, options, report, protocol="h2")
    check("TLS", program, binary, options, report, tls=True)


def check(title, program, binary, options, report, tls=False, protocol="auto"):
    """All of h2spec over one transport, each of its cases a verdict."""
    from harness import timing
    from harness.certificate import self_signed
    from harness.world import World
    timing.SLOW = options.slow
    world = World(binary)
    try:
        listener = {"address": "127.0.0.1:0", "protocol": protocol}
        if tls:
            listener["tls"] = self_signed(world.room)
        proxy = world.proxy(*world.mock_engines(1), listeners=[listener],
                            routes=[{"paths": ["/**"], "methods": ["*"], "pool": "default"}])
        verdicts = h2spec.check(program, urlsplit(proxy.url).port, world.room,
                                math.ceil(2 * options.slow), tls)
        judge(title, verdicts, options, report)
    except AssertionError as error:
        report.fail(f"h2spec, {title}", f"{error}\n{world.last_words()}")
    finally:
        for fault in world.end():
            report.fail(f"h2spec, {title}", fault)


def judge(title, verdicts, options, report):
    counts = dict.fromkeys(("passed", "failed", "skipped"), 0)
    for each in verdicts:
        name = f"{title}: {each.name}"
        if name == OTHER_PROTOCOL[0] and "unexpected EOF" in each.text:
            each.outcome, each.text = "skipped", OTHER_PROTOCOL[1]
        counts[each.outcome] += 1
        if options.filter not in name:
            continue
        if each.outcome == "passed":
            report.ok(name)
        elif each.outcome == "skipped":
            report.skip(name, each.text)
        else:
            report.fail(name, each.text)
    numbers = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    print(f"  h2spec, {title}: {len(verdicts)} cases, {numbers}", flush=True)
