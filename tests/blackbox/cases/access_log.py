"""One line per request: where it went and why, never what was asked."""

import json
import os
import signal

from harness import timing, wire
from harness.cases import equal, holds
from harness.pairs import ALL, once

PAIRS = ALL

USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}\n\n'


def test_a_line_tells_the_whole_way(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    exchange = proxy.post_chat("a secret question", [("X-Request-Id", "id-1")], stream=True)
    request = engine.next_request()
    request.start_stream()
    for piece in (wire.event("a"), wire.event("b"), USAGE, wire.DONE):
        request.send_chunk(piece)
    request.end_stream()
    exchange.read_response()

    line = proxy.wait_for_access_lines(1)[0]

    expected = {"request_id": "id-1", "method": "POST", "path": wire.CHAT, "model": "demo-model",
                "pool": "default", "backend": engine.url, "status": 200, "outcome": "ok",
                "attempts": 1, "stream": True, "prompt_tokens": 7, "output_tokens": 2}
    equal({key: line.get(key) for key in expected}, expected, "access line")
    holds(line.get("reason"), f"no reason: {line}")


def test_no_line_tells_what_was_asked_or_answered(world):
    engine = world.engine()
    engine.answer_all(b'{"choices":[{"message":{"content":"the private answer"}}]}')
    proxy = world.proxy(engine)

    proxy.chat("the private question")
    proxy.wait_for_access_lines(1)

    text = proxy.access_path.read_text() + proxy.log()
    holds("private" not in text, "content was logged")


def test_values_from_outside_are_escaped(world):
    engine = world.engine()
    engine.answer_all()
    proxy = world.proxy(engine, pool={"unknown_model": "pass"})
    model = 'x"\r\n{"level":"error"}\x1b[31m\x85\u2028'

    proxy.chat(model=model)
    proxy.wait_for_access_lines(1)

    text = proxy.access_path.read_bytes()
    equal(text.count(b"\n"), 1, "lines")
    holds(b"\x1b" not in text, "an escape character was logged")
    equal(json.loads(text)["model"], model)


def test_refused_requests_have_a_line_too(world):
    proxy = world.proxy(world.engine())

    proxy.ask(target="/secret/path?key=sk-1", body=b"")
    line = proxy.wait_for_access_lines(1)[0]

    equal((line["status"], line["path"]), (404, "/secret/path"))
    equal(line["error"], "not_found")


def test_logfmt_is_there_for_those_who_prefer_it(world):
    engine = world.engine()
    engine.answer_all()
    proxy = world.proxy(engine, log={"format": "logfmt"})

    proxy.chat(fields=[("X-Request-Id", "id-2")])

    text = timing.eventually(lambda: proxy.access_path.exists() and proxy.access_path.read_text(),
                             "a line")
    holds("request_id=id-2" in text and "status=200" in text, f"the line is: {text}")


def test_standard_output_has_access_lines_alone(world):
    engine = world.engine()
    engine.answer_all()
    proxy = world.proxy(engine, log={"access_file": ""})

    proxy.chat()
    proxy.chat()
    timing.eventually(lambda: len(proxy.lines) >= 2, "two lines")

    equal([json.loads(line)["status"] for line in proxy.lines], [200, 200], "standard output")


def test_a_moved_file_is_opened_anew_by_a_reload(world):
    engine = world.engine()
    engine.answer_all()
    proxy = world.proxy(engine)
    proxy.chat("one")
    proxy.wait_for_access_lines(1)

    os.rename(proxy.access_path, world.room / "rotated")
    proxy.reload()
    timing.eventually(proxy.access_path.exists, "the new file")
    proxy.chat("two")

    equal(len(proxy.wait_for_access_lines(1)), 1)


@once("600 requests, for a sink that knows of no protocol")
def test_a_sink_that_blocks_stops_no_traffic(world):
    """The access file is a pipe that nobody empties: it fills, and requests go on."""
    engine = world.engine()
    engine.answer_all(b"answer")
    pipe = world.room / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    proxy = world.proxy(engine, log={"access_file": str(pipe)})

    client = proxy.client()
    for number in range(600):
        equal(client.chat(f"{number}", fields=[("X-Request-Id", "x" * 128)]).body, b"answer")
    proxy.signal(signal.SIGTERM)

    equal(proxy.wait_for_end(), 0, "exit status")
    os.close(reader)


def test_a_sink_that_is_closed_stops_no_traffic(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine, log={"access_file": "/dev/full"})

    for number in range(20):
        equal(proxy.chat(f"{number}").body, b"answer")
    proxy.signal(signal.SIGTERM)

    equal(proxy.wait_for_end(), 0, "exit status")
