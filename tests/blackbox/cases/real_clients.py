"""Clients that people use: curl, and the official OpenAI and Anthropic SDKs where Node is there."""

import fcntl
import json
import os
import pathlib
import shutil
import subprocess

from harness import timing, wire
from harness.cases import Skip, each, equal, holds
from harness.certificate import files, self_signed
from harness.wire import DONE, event

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "node"
PACKAGES = ["openai@7.59.0", "@anthropic-ai/sdk@1.14.0"]


def curl(*words):
    return subprocess.run(["curl", "-sS", "--max-time", str(int(timing.limit(60))), *words],
                          capture_output=True, timeout=timing.limit(90))


def streaming_engine(world):
    engine = world.engine()

    def stream(request):
        request.start_stream()
        for word in ("Hello", " from", " here"):
            request.send_chunk(event(word))
        request.send_chunk(DONE)
        request.end_stream()

    engine.on_request = stream
    return engine


def test_curl_streams(world):
    proxy = world.proxy(streaming_engine(world))

    result = curl("-N", f"{proxy.url}{wire.CHAT}", "-H", "Content-Type: application/json",
                  "--data-binary", wire.chat(stream=True).decode())

    equal(result.stdout, event("Hello") + event(" from") + event(" here") + DONE, "what curl got")


def test_curl_sends_a_large_body_after_expect(world):
    engine = world.engine()
    engine.answer_all(b"taken")
    proxy = world.proxy(engine)
    file = world.room / "body"
    file.write_bytes(wire.chat("x" * (3 << 20)))

    result = curl(f"{proxy.url}{wire.CHAT}", "-H", "Expect: 100-continue", "--data-binary",
                  f"@{file}")

    equal(result.stdout, b"taken", "what curl got")


def test_curl_uploads_chunked(world):
    engine = world.engine()
    engine.answer_all(b"taken")
    proxy = world.proxy(engine)

    result = curl(f"{proxy.url}{wire.CHAT}", "-H", "Transfer-Encoding: chunked", "--data-binary",
                  wire.chat().decode())

    equal(result.stdout, b"taken", "what curl got")


def test_curl_sees_a_broken_stream_as_broken(world):
    engine = world.engine()

    def break_off(request):
        request.start_stream()
        request.send_chunk(event("one"))
        request.reset()

    engine.on_request = break_off
    proxy = world.proxy(engine)

    result = curl("-N", f"{proxy.url}{wire.CHAT}", "--data-binary", wire.chat(stream=True).decode())

    holds(result.returncode != 0, "curl took it for complete")
    holds(b'"error"' in result.stdout, f"no error event: {result.stdout!r}")


def test_curl_asks_head(world):
    engine = world.engine()
    proxy = world.proxy(engine)

    result = curl("-I", f"{proxy.url}/v1/models")

    holds(result.stdout.startswith(b"HTTP/1.1 200"), f"curl -I said {result.stdout!r}")


def node_modules():
    """A folder with the SDKs, installed once into the user's cache."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Skip("node and npm are not installed")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "penstock-tests" / "node-sdks-1"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # only one run installs
        if not (folder / "complete").exists():
            install(folder)
    return folder


def install(folder):
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    result = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                             *PACKAGES], cwd=folder, capture_output=True, text=True, timeout=300)
    if result.returncode != 0:
        raise Skip("npm could not install the SDKs: " + result.stderr.strip()[-300:])
    (folder / "complete").touch()


def node(script, *arguments, trusted=None):
    """Runs a script of tests/blackbox/node beside the SDKs; returns what it printed, as JSON.
    `trusted`: a file with an authority's certificate."""
    folder = node_modules()
    copy = folder / script
    fresh = folder / f"{script}.{os.getpid()}"
    shutil.copy(SCRIPTS / script, fresh)
    os.replace(fresh, copy)
    result = subprocess.run(["node", str(copy), *arguments], capture_output=True, text=True,
                            timeout=timing.limit(120), cwd=folder,
                            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(trusted or "")})
    holds(result.returncode == 0, f"{script} failed:\n{result.stdout}\n{result.stderr[-1500:]}")
    return json.loads(result.stdout)


def openai(world, what, engine, tls=False):
    listener = {"address": "127.0.0.1:0"}
    if tls:
        listener["tls"] = self_signed(world.room)
    proxy = world.proxy(engine, pool={"models": ["demo-model"]}, listeners=[listener])
    return proxy, node("openai.mjs", what, f"{proxy.url}/v1",
                       trusted=files(world.room)[0] if tls else None)


@each([("clear text", False), ("TLS", True)])
def test_the_openai_sdk_streams(world, tls):
    _, result = openai(world, "stream", streaming_engine(world), tls)

    equal(result, {"text": "Hello from here"})


def test_the_openai_sdk_gets_a_whole_answer(world):
    engine = world.engine()
    answer = {"id": "1", "object": "chat.completion", "model": "demo-model", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "whole"},
         "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    engine.on_request = lambda request: request.respond_json(answer)

    _, result = openai(world, "whole", engine)

    equal(result, {"text": "whole", "tokens": 2})


@each([("clear text", False), ("TLS", True)])
def test_the_openai_sdk_aborts(world, tls):
    engine = world.engine()
    ended = []

    def stream_on(request):
        request.start_stream()
        request.send_chunk(event("first"))
        ended.append(request.read_to_end())

    engine.on_request = stream_on
    proxy, result = openai(world, "abort", engine, tls)

    equal(result, {"aborted": True})
    timing.eventually(lambda: ended, "the engine's connection to end")
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")


def test_the_openai_sdk_understands_an_error(world):
    _, result = openai(world, "error", world.engine())

    equal((result["status"], result["code"]), (404, "model_not_found"))


def anthropic_engine(world):
    engine = world.engine()
    message = {"id": "m", "type": "message", "role": "assistant", "content": [],
               "model": "demo-model", "usage": {"input_tokens": 1, "output_tokens": 0}}
    events = [("message_start", {"message": message}),
              ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
              *[("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word}})
                for word in ("Hello", " Claude")],
              ("content_block_stop", {"index": 0}),
              ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
              ("message_stop", {})]

    def stream(request):
        request.start_stream()
        for kind, rest in events:
            request.send_chunk(f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode())
        request.end_stream()

    engine.on_request = stream
    return engine


def test_the_anthropic_sdk_streams(world):
    proxy = world.proxy(anthropic_engine(world))

    result = node("anthropic.mjs", "stream", proxy.url)

    equal(result, {"text": "Hello Claude"})
    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "ok")


def test_the_anthropic_sdk_understands_an_error(world):
    proxy = world.proxy(world.engine())

    result = node("anthropic.mjs", "error", proxy.url)

    equal((result["status"], result["type"]), (404, "not_found_error"))
