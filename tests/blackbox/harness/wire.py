"""HTTP/1.1 as bytes: building requests and reading heads, with nothing done behind one's back."""

import json

from .messages import Fields

CHAT = "/v1/chat/completions"


class Head(Fields):
    """A parsed head: the first line's three parts and the fields in order."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.first = lines[0].split(" ", 2)
        self.fields = []
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(":")
                self.fields.append((name, value.strip()))


def request(method="POST", target=CHAT, fields=(), body=None, host="penstock.test", version="1.1"):
    """A request as bytes; a body gets a Content-Length."""
    lines = [f"{method} {target} HTTP/{version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def get(target, fields=(), **more):
    return request("GET", target, fields, **more)


def chat(text="Hello", model="demo-model", stream=False, **more):
    """The body of a chat completion."""
    document = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    if stream:
        document["stream"] = True
    return json.dumps(document).encode()


def post_chat(text="Hello", fields=(), **more):
    """A whole chat request."""
    return request(fields=[("Content-Type", "application/json"), *fields], body=chat(text, **more))


def head(status, fields=()):
    """Of a response that has no body, or not yet."""
    lines = [f"HTTP/1.1 {status} Some", *[f"{name}: {value}" for name, value in fields]]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def response(status=200, fields=(), body=b"", reason="OK"):
    lines = [f"HTTP/1.1 {status} {reason}", *[f"{name}: {value}" for name, value in fields],
             f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def content_of(data):
    """What the whole chunks say that these bytes begin with."""
    content = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        content += data[:int(size, 16)]
        data = data[int(size, 16) + 2:]
    return content


def event(text):
    """One event of a streamed chat completion."""
    delta = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(delta).encode() + b"\n\n"


STREAM_HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
               b"Transfer-Encoding: chunked\r\n\r\n")
LAST_CHUNK = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"
