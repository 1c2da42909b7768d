"""HTTP/2 clients that people use, in clear text and over TLS: curl, h2load, and Node's own where
Node is there."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import timing, wire
from harness.cases import Skip, each, equal, holds
from harness.certificate import files, self_signed
from harness.wire import DONE, event

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "node" / "http2.mjs"
WORDS = ("Hello", " from", " here")
ANSWER = b"".join(map(event, WORDS)) + DONE
TRANSPORTS = [("clear text", False), ("TLS", True)]


def listening(world, tls, *engines, **tables):
    """A proxy whose clients speak so."""
    listener = {"address": "127.0.0.1:0"}
    if tls:
        listener["tls"] = self_signed(world.room)
    return world.proxy(*engines, listeners=[listener], **tables)


def authority(world):
    """What a client must trust where it speaks TLS."""
    return files(world.room)[0]


def by_http2(world, tls):
    """How curl is told to speak HTTP/2."""
    return ("--http2", "--cacert", authority(world)) if tls else ("--http2-prior-knowledge",)


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


@each(TRANSPORTS)
def test_curl_streams(world, tls):
    proxy = listening(world, tls, streaming_engine(world))

    result = curl("-N", *by_http2(world, tls), "-w", "%{stderr}%{http_version}",
                  f"{proxy.url}{wire.CHAT}", "--data-binary", wire.chat(stream=True).decode())

    equal((result.stdout, result.stderr), (ANSWER, b"2"), "what curl got, and by which version")


def test_curl_stays_with_http1_where_it_offers_an_upgrade(world):
    proxy = world.proxy(streaming_engine(world))

    result = curl("-N", "--http2", "-w", "%{stderr}%{http_version}", f"{proxy.url}{wire.CHAT}",
                  "--data-binary", wire.chat(stream=True).decode())

    equal((result.stdout, result.stderr), (ANSWER, b"1.1"), "what curl got, and by which version")


@each(TRANSPORTS)
def test_curl_sends_a_large_body_after_expect(world, tls):
    engine = world.engine()
    engine.answer_all(b"taken")
    proxy = listening(world, tls, engine)
    file = world.room / "body"
    file.write_bytes(wire.chat("x" * (3 << 20)))

    result = curl(*by_http2(world, tls), f"{proxy.url}{wire.CHAT}", "-H", "Expect: 100-continue",
                  "--data-binary", f"@{file}")

    equal(result.stdout, b"taken", "what curl got")


@each(TRANSPORTS)
def test_curl_reads_an_answer_that_comes_before_its_body_has_gone(world, tls):
    proxy = listening(world, tls, world.engine(), server={"max_body": "1KiB"})
    body = world.room / "large"
    body.write_bytes(b"x" * 3_000_000)

    for _ in range(10):
        result = curl(*by_http2(world, tls), f"{proxy.url}{wire.CHAT}", "-H", "Expect:",
                      "-w", "%{stderr}%{http_code}", "--data-binary", f"@{body}")
        equal((result.returncode, result.stderr), (0, b"413"), "how curl ended, and the status")
        holds(b"body_too_large" in result.stdout, f"curl got {result.stdout!r}")


@each(TRANSPORTS)
def test_curl_asks_head(world, tls):
    proxy = listening(world, tls, world.engine())

    result = curl(*by_http2(world, tls), "-I", f"{proxy.url}/v1/models")

    holds(result.stdout.startswith(b"HTTP/2 200"), f"curl -I said {result.stdout!r}")


@each(TRANSPORTS)
def test_curl_sees_a_broken_stream_as_broken(world, tls):
    engine = world.engine()

    def break_off(request):
        request.start_stream()
        request.send_chunk(event("one"))
        request.reset()

    engine.on_request = break_off
    proxy = listening(world, tls, engine)

    result = curl("-N", *by_http2(world, tls), f"{proxy.url}{wire.CHAT}", "--data-binary",
                  wire.chat(stream=True).decode())

    # What came in the same packet as the reset it drops: the error event, which h2_ends sees.
    holds(result.returncode != 0, "curl took it for complete")


@each(TRANSPORTS)
def test_h2load_gets_all_its_answers(world, tls):
    engines = world.mock_engines(2, "--speed", "100")
    proxy = listening(world, tls, *engines)
    file = world.room / "body"
    file.write_bytes(wire.chat(stream=True, max_tokens=5))

    result = run("h2load", "-n", 2000, "-c", 10, "-m", 50, "-d", file, "-H",
                 "content-type: application/json", f"{proxy.url}{wire.CHAT}")

    refused = [line for line in proxy.access_lines() if line["status"] != 200]
    said = f"{result.stdout.decode()}{result.stderr.decode()}\nnot 200: {refused[:3]}"
    holds(re.search(r"2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout", said), said)
    holds("status codes: 2000 2xx" in said, said)
    holds(f"Application protocol: {'h2' if tls else 'h2c'}" in said, said)
    equal(len(proxy.wait_for_access_lines(2000)), 2000, "access lines")


def node(what, proxy, world, tls):
    trusted = {"CA_FILE": str(authority(world))} if tls else {}
    result = run("node", SCRIPT, what, proxy.url, env={**os.environ, **trusted})
    holds(result.returncode == 0, f"{SCRIPT.name} failed:\n{result.stderr.decode()[-1500:]}")
    return json.loads(result.stdout)


@each(TRANSPORTS)
def test_node_has_ten_streams_at_once(world, tls):
    proxy = listening(world, tls, streaming_engine(world))

    results = node("streams", proxy, world, tls)

    equal(results, [{"status": 200, "text": ANSWER.decode(), "code": 0}] * 10)


@each(TRANSPORTS)
def test_node_uploads_three_mebibytes(world, tls):
    engine = world.engine()
    lengths = []
    engine.on_request = lambda request: (lengths.append(len(request.body)),
                                         request.respond(body=b"taken"))

    result = node("upload", listening(world, tls, engine), world, tls)

    equal((result["text"], lengths[0] > 3 << 20), ("taken", True))


@each(TRANSPORTS)
def test_node_cancels(world, tls):
    engine = world.engine()
    ended = []

    def stream_on(request):
        request.start_stream()
        request.send_chunk(event("first"))
        ended.append(request.read_to_end())

    engine.on_request = stream_on
    proxy = listening(world, tls, engine)

    node("cancel", proxy, world, tls)

    timing.eventually(lambda: ended, "the engine's connection to end")
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")
