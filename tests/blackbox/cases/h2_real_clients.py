"""HTTP/2 clients that people use: curl, h2load, and Node's own where Node is there."""

import json
import pathlib
import re
import shutil
import subprocess

from harness import timing, wire
from harness.cases import Skip, each, equal, holds
from harness.wire import DONE, event

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "node" / "http2.mjs"
WORDS = ("Hello", " from", " here")
ANSWER = b"".join(map(event, WORDS)) + DONE


def streaming_engine(world):
    engine = world.engine()

    def stream(request):
        request.start_stream()
        for word in WORDS:
            request.send_chunk(event(word))
        request.send_chunk(DONE)
        request.end_stream()

    engine.on_request = stream
    return engine


def run(program, *words, **more):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")
    return subprocess.run([program, *map(str, words)], capture_output=True,
                          timeout=timing.limit(90), **more)


def curl(*words):
    return run("curl", "-sS", "--max-time", int(timing.limit(60)), *words)


@each([("prior knowledge", "--http2-prior-knowledge", b"2"), ("an offer to upgrade", "--http2", b"1.1")])
def test_curl_streams(world, flag, version):
    proxy = world.proxy(streaming_engine(world))

    result = curl("-N", flag, "-w", "%{stderr}%{http_version}", f"{proxy.url}{wire.CHAT}",
                  "--data-binary", wire.chat(stream=True).decode())

    equal((result.stdout, result.stderr), (ANSWER, version), "what curl got, and by which version")


def test_curl_sends_a_large_body_after_expect(world):
    engine = world.engine()
    engine.answer_all(b"taken")
    proxy = world.proxy(engine)
    file = world.room / "body"
    file.write_bytes(wire.chat("x" * (3 << 20)))

    result = curl("--http2-prior-knowledge", f"{proxy.url}{wire.CHAT}", "-H", "Expect: 100-continue",
                  "--data-binary", f"@{file}")

    equal(result.stdout, b"taken", "what curl got")


def test_curl_reads_an_answer_that_comes_before_its_body_has_gone(world):
    proxy = world.proxy(world.engine(), server={"max_body": "1KiB"})
    body = world.room / "large"
    body.write_bytes(b"x" * 3_000_000)

    for _ in range(10):
        result = curl("--http2-prior-knowledge", f"{proxy.url}{wire.CHAT}", "-H", "Expect:",
                      "-w", "%{stderr}%{http_code}", "--data-binary", f"@{body}")
        equal((result.returncode, result.stderr), (0, b"413"), "how curl ended, and the status")
        holds(b"body_too_large" in result.stdout, f"curl got {result.stdout!r}")


def test_curl_asks_head(world):
    proxy = world.proxy(world.engine())

    result = curl("--http2-prior-knowledge", "-I", f"{proxy.url}/v1/models")

    holds(result.stdout.startswith(b"HTTP/2 200"), f"curl -I said {result.stdout!r}")


def test_curl_sees_a_broken_stream_as_broken(world):
    engine = world.engine()

    def break_off(request):
        request.start_stream()
        request.send_chunk(event("one"))
        request.reset()

    engine.on_request = break_off
    proxy = world.proxy(engine)

    result = curl("-N", "--http2-prior-knowledge", f"{proxy.url}{wire.CHAT}", "--data-binary",
                  wire.chat(stream=True).decode())

    # What came in the same packet as the reset it drops: the error event, which h2_ends sees.
    holds(result.returncode != 0, "curl took it for complete")


def test_h2load_gets_all_its_answers(world):
    engines = world.mock_engines(2, "--speed", "100")
    proxy = world.proxy(*engines)
    file = world.room / "body"
    file.write_bytes(wire.chat(stream=True, max_tokens=5))

    result = run("h2load", "-n", 2000, "-c", 10, "-m", 50, "-d", file, "-H",
                 "content-type: application/json", f"{proxy.url}{wire.CHAT}")

    said = result.stdout.decode()
    holds(re.search(r"2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout", said), said)
    holds("status codes: 2000 2xx" in said, said)
    equal(len(proxy.wait_for_access_lines(2000)), 2000, "access lines")


def node(what, proxy):
    result = run("node", SCRIPT, what, proxy.url)
    holds(result.returncode == 0, f"{SCRIPT.name} failed:\n{result.stderr.decode()[-1500:]}")
    return json.loads(result.stdout)


def test_node_has_ten_streams_at_once(world):
    proxy = world.proxy(streaming_engine(world))

    results = node("streams", proxy)

    equal(results, [{"status": 200, "text": ANSWER.decode(), "code": 0}] * 10)


def test_node_uploads_three_mebibytes(world):
    engine = world.engine()
    lengths = []
    engine.on_request = lambda request: (lengths.append(len(request.body)),
                                         request.respond(body=b"taken"))

    result = node("upload", world.proxy(engine))

    equal((result["text"], lengths[0] > 3 << 20), ("taken", True))


def test_node_cancels(world):
    engine = world.engine()
    ended = []

    def stream_on(request):
        request.start_stream()
        request.send_chunk(event("first"))
        ended.append(request.read_to_end())

    engine.on_request = stream_on
    proxy = world.proxy(engine)

    node("cancel", proxy)

    timing.eventually(lambda: ended, "the engine's connection to end")
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")
