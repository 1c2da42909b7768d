"""What llama-server answers reaches the client whole, in every API it speaks."""

import json

from harness import wire
from harness.cases import Skip, each, equal, holds
from harness.llama_server import SLOT_TOKENS

USER = [{"role": "user", "content": "Say something."}]
# The surest token each time, so that the same question has the same answer.
SURE = {"model": "demo-model", "temperature": 0, "max_tokens": 24}
CHAT = (wire.CHAT, {**SURE, "messages": USER})
COMPLETION = ("/v1/completions", {**SURE, "prompt": "Say something."})
MESSAGES = ("/v1/messages", {**SURE, "messages": USER})


def post(target, body):
    return wire.request(target=target, fields=[("Content-Type", "application/json")],
                        body=json.dumps(body).encode())


def ask(place, target, body):
    """`place`: a proxy, or a server to ask past it."""
    client = place.connect()
    try:
        response = client.ask(post(target, body))
    finally:
        client.close()
    if response.status in (404, 501) and target == MESSAGES[0]:
        raise Skip("this llama-server has no /v1/messages")
    equal(response.status, 200, f"status of {response.body!r}")
    return response


def events(response):
    """The JSON of each event of a stream; the last of OpenAI's streams is no JSON."""
    equal(response.field("Content-Type"), "text/event-stream")
    data = [line.removeprefix(b"data: ") for line in response.body.split(b"\n")
            if line.startswith(b"data: ")]
    return [json.loads(each) if each != b"[DONE]" else "[DONE]" for each in data]


def text_of(answer):
    """The text of a whole answer of any of the three."""
    if "content" in answer:
        return "".join(part["text"] for part in answer["content"])
    choice = answer["choices"][0]
    return choice["text"] if "text" in choice else choice["message"]["content"]


def text_of_event(event):
    if event == "[DONE]":
        return ""
    if "type" in event:
        return event.get("delta", {}).get("text", "")
    choice = event["choices"][0] if event["choices"] else {}
    return choice.get("text") or choice.get("delta", {}).get("content") or ""


def output_tokens(answer):
    usage = answer["usage"]
    return usage.get("completion_tokens", usage.get("output_tokens"))


APIS = [("chat", *CHAT), ("completion", *COMPLETION), ("message", *MESSAGES)]


@each(APIS)
def test_a_whole_answer_is_that_of_the_engine(world, target, body):
    server = world.llama_server()
    proxy = world.llama_proxy(server)

    answer = ask(proxy, target, body).json()

    equal(output_tokens(answer), 24, "tokens")
    equal(text_of(answer), text_of(ask(server, target, body).json()), "text")
    line = proxy.wait_for_access_lines(1)[0]
    equal((line["outcome"], line["stream"], line["output_tokens"]), ("ok", False, 24), "access line")


@each(APIS)
def test_a_stream_says_what_the_whole_answer_says(world, target, body):
    server = world.llama_server()
    proxy = world.llama_proxy(server)

    streamed = events(ask(proxy, target, {**body, "stream": True}))

    whole = text_of(ask(server, target, body).json())
    equal("".join(text_of_event(event) for event in streamed), whole, "text")
    holds(len(streamed) > 24, f"not an event per token: {streamed}")
    last = streamed[-1]
    holds(last == "[DONE]" or last["type"] == "message_stop", f"no end: {last}")
    line = proxy.wait_for_access_lines(1)[0]
    equal((line["outcome"], line["stream"]), ("ok", True), "access line")


def test_usage_that_was_asked_for_is_told_and_noted(world):
    proxy = world.llama_proxy(world.llama_server())
    target, body = CHAT

    streamed = events(ask(proxy, target, {**body, "stream": True,
                                          "stream_options": {"include_usage": True}}))

    usage = next(event["usage"] for event in streamed if event != "[DONE]" and "usage" in event)
    line = proxy.wait_for_access_lines(1)[0]
    equal(usage["completion_tokens"], 24)
    equal((line["prompt_tokens"], line["output_tokens"]), (usage["prompt_tokens"], 24))


def test_usage_that_the_route_asks_for_is_noted_and_not_told(world):
    proxy = world.llama_proxy(world.llama_server(), routes=[{"pool": "default", "usage": "inject"}])
    target, body = CHAT

    streamed = events(ask(proxy, target, {**body, "stream": True}))

    holds(all("usage" not in event for event in streamed[:-1]), f"it is told: {streamed}")
    holds(all(event["choices"] for event in streamed[:-1]), f"an event without choice: {streamed}")
    equal(proxy.wait_for_access_lines(1)[0]["output_tokens"], 24)


def test_an_event_comes_while_the_engine_works_on_the_next(world):
    server = world.llama_server()
    proxy = world.llama_proxy(server)
    client = proxy.connect()
    target, body = CHAT

    client.send(post(target, {**body, "stream": True, "max_tokens": SLOT_TOKENS}))
    client.read_head()
    client.read_chunk()

    equal(server.busy_slots(), 1, "requests it works on")


def test_a_prompt_that_is_too_long_is_refused_by_the_engine(world):
    server = world.llama_server()
    proxy = world.llama_proxy(server)

    response = proxy.chat("x" * (2 * SLOT_TOKENS))

    equal(response.status, 400)
    equal(response.json()["error"]["type"], "exceed_context_size_error")


def test_more_requests_than_the_engine_takes_on_one_connection(world):
    """llama-server closes each connection after its hundredth request."""
    proxy = world.llama_proxy(world.llama_server())
    client = proxy.connect()

    for number in range(250):
        response = client.chat(f"{number}", max_tokens=1)
        equal(response.status, 200, f"status of request {number}: {response.body!r}")

    holds(all(line["outcome"] == "ok" for line in proxy.wait_for_access_lines(250)), "outcomes")


def test_streams_beyond_the_slots_wait_and_end_well(world):
    servers = [world.llama_server(), world.llama_server()]
    proxy = world.llama_proxy(*servers)
    clients = [proxy.connect() for _ in range(12)]

    for number, client in enumerate(clients):
        client.send(wire.post_chat(f"question {number}", stream=True, max_tokens=40))

    for client in clients:
        holds(client.read_response().body.endswith(wire.DONE), "a stream without end")
    used = {line["backend"] for line in proxy.wait_for_access_lines(12)}
    equal(used, {server.url for server in servers}, "backends used")
