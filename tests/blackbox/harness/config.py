"""Writes a configuration from plain values."""

import json


def value(item):
    if isinstance(item, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {value(each)}" for key, each in item.items()) + " }"
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(value(each) for each in item) + "]"
    return json.dumps(item)


def table(title, entries):
    """One table; entries that are given as `Sub` follow as tables of their own."""
    plain = [f"{key} = {value(item)}" for key, item in entries.items() if not isinstance(item, Sub)]
    text = "\n".join([title, *plain]) + "\n"
    for key, item in entries.items():
        if isinstance(item, Sub) and item:
            text += table(f"[{title.strip('[]')}.{key}]", item)
    return text


class Sub(dict):
    """A table within a table."""


def pool(name, backends, poll=None, balance=None, **options):
    """A `[[pool]]`. Backends are URLs or tables. Unless a case says otherwise, nothing is polled."""
    options.setdefault("models", ["demo-model"])
    urls = [each if isinstance(each, dict) else {"url": each} for each in backends]
    return {"name": name, "engine": "vllm", **options, "backends": urls,
            "poll": Sub(poll if poll is not None else {"enabled": False}),
            "balance": Sub(balance or {})}


def document(pools, listeners=("127.0.0.1:0",), routes=(), **tables):
    """The whole file. `listeners`: addresses or tables; `tables`: server, admin, log, auth, cors."""
    text = table("[server]", {"workers": 1, **tables.pop("server", {})})
    text += table("[admin]", {"address": "127.0.0.1:0", **tables.pop("admin", {})})
    for name, entries in tables.items():
        text += table(f"[{name}]", entries)
    for each in listeners:
        text += table("[[listener]]", each if isinstance(each, dict) else {"address": each})
    for each in pools:
        text += table("[[pool]]", each)
    for each in routes:
        text += table("[[route]]", each)
    return text
