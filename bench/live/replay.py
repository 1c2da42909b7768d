"""The client: each request at its time, on a connection of its own; when did its answer begin?"""

import asyncio
import dataclasses
import re

CACHED = re.compile(rb'"cached_tokens":(\d+)')
PROMPT = re.compile(rb'"prompt_tokens":(\d+)')
TAIL = 1_024  # bytes at an answer's end that hold its usage


@dataclasses.dataclass
class Answer:
    late: float = 0         # seconds after its time that the request was sent
    first_token: float = 0  # seconds from sending
    duration: float = 0
    cached_tokens: int = 0
    fault: str = ""


async def ask(address, request, start):
    """One request from its time to the end of its answer."""
    loop = asyncio.get_running_loop()
    body = request.body()
    await asyncio.sleep(start + request.at - loop.time())
    sent = loop.time()
    answer = Answer(late=sent - start - request.at)
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"POST /v1/completions HTTP/1.1\r\nHost: live\r\nConnection: close\r\n"
                     b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                     + body)
        tail = await reader.readuntil(b"\r\n\r\n")
        answer.fault = "" if tail.startswith(b"HTTP/1.1 200") else tail[:80].decode()
        tail = b""
        while piece := await reader.read(65_536):
            tail = (tail + piece)[-TAIL:]
            if not answer.first_token and b"data: " in tail:
                answer.first_token = loop.time() - sent
        answer.duration = loop.time() - sent
        judge(answer, request, tail)
    finally:
        writer.close()
    return answer


def judge(answer, request, tail):
    cached, prompt = CACHED.search(tail), PROMPT.search(tail)
    if answer.fault or not cached or not prompt or b"[DONE]" not in tail:
        answer.fault = answer.fault or f"it ended with {tail[-80:]}"
    elif int(prompt[1]) != request.prompt_tokens:
        answer.fault = f"{prompt[1]} prompt tokens, not {request.prompt_tokens}"
    else:
        answer.cached_tokens = int(cached[1])


async def replay_all(address, requests, limit):
    start = asyncio.get_running_loop().time() + 1
    asked = [asyncio.wait_for(ask(address, each, start), each.at + 1 + limit)
             for each in requests]
    return await asyncio.gather(*asked, return_exceptions=True)


def replay(address, requests, limit):
    """An answer to each request. `limit`: seconds that one may take."""
    found = asyncio.run(replay_all(address, requests, limit))
    return [each if isinstance(each, Answer) else Answer(fault=repr(each)) for each in found]
