"""Hostile HTTP/2 clients: each is told to go, soon and at little cost, and nobody else notices.

The limits are the defaults of `[server.http2]`, with a little more allowed for what an attacker
earns back while it sends.
"""

import select
import socket
import time

from harness import frames, timing
from harness.attack import PAUSE, Attacker, Neighbour
from harness.cases import each, equal, holds
from harness.config import Sub
from harness.frames import MOST_WINDOW, WINDOW
from harness.h2_client import H2Client, chat_head, head
from harness.program import WITHOUT_QUARANTINE

ANSWER = b"answer " * 300
OPEN = {"routes": [{"paths": ["/**"], "methods": ["*"], "pool": "default"}]}
MOST_GROWTH = 32 << 20  # bytes of resident memory
TRIES = 3  # the quickest counts: a busy machine may delay the test itself

GET = frames.header_block(head("GET", "/x"))
POST = frames.header_block(head(target="/x"))
SHORT_OF_IT = frames.header_block([*head(target="/x"), ("content-length", "5")])
FORBIDDEN = frames.header_block([*head("GET", "/x"), ("connection", "close")])
PATHLESS = frames.header_block(head("GET", "/x")[:3])


def streams(count):
    return range(1, 2 * count, 2)


def per_stream(count, block, then, end=True):
    """`count` streams, each with this head and what `then` makes of its number."""
    return [frames.headers(stream, block=block, end=end) + then(stream) for stream in streams(count)]


def paced(all_streams, at_once=50):
    """With a pause now and then, so that never too many are open at a time."""
    for index, each_stream in enumerate(all_streams):
        if index % at_once == 0:
            yield PAUSE
        yield each_stream


def repeated(one, count, per_batch=50, first=b""):
    return [first] + [one * per_batch] * (count // per_batch)


def nothing(_stream):
    return b""


def overflow(stream):
    return frames.window_update(stream, MOST_WINDOW)


def bomb():
    """One entry of 4,000 bytes in the table, and 12,000 references to it: 49 MB of fields."""
    block = GET + frames.indexing_field("x", b"y" * 4000) + frames.indexed_field(62) * 12_000
    return [frames.headers(1, block=block, end=True)]


def continued(piece, count=500):
    """A head that never ends."""
    return [frames.frame(frames.HEADERS, frames.END_STREAM, 1, GET)] + [
        frames.frame(frames.CONTINUATION, 0, 1, piece)] * count


def window_toggles():
    opened = b"".join(frames.headers(stream, block=POST) for stream in streams(100))
    return [opened] + [frames.settings([(frames.INITIAL_WINDOW_SIZE, size)]) for size in (0, 9999)] * 1000


POST_OPEN = frames.headers(1, block=POST)
ALL_OPEN = b"".join(frames.headers(stream, block=POST) for stream in streams(128))
FIRST_OF_ALL = b"\x80\0\0\0\x0f"  # exclusive, below no stream

# The attack, what it is counted as, and its batches. All of them pass their limit.
ATTACKS = [
    ("Rapid Reset", "rapid_reset",
     lambda: per_stream(2000, GET, frames.rst_stream)),
    ("Rapid Reset of uploads", "rapid_reset",
     lambda: per_stream(2000, POST, frames.rst_stream, end=False)),
    ("MadeYouReset by a window's overflow", "stream_errors",
     lambda: paced(per_stream(400, GET, overflow))),
    ("MadeYouReset by an open stream's window", "stream_errors",
     lambda: paced(per_stream(400, POST, overflow, end=False))),
    ("MadeYouReset by a wrong length", "stream_errors",
     lambda: paced(per_stream(400, SHORT_OF_IT, lambda id: frames.data(id, b"a", end=True), end=False))),
    ("MadeYouReset by a forbidden field", "stream_errors",
     lambda: paced(per_stream(400, FORBIDDEN, nothing))),
    ("MadeYouReset by a missing path", "stream_errors",
     lambda: paced(per_stream(400, PATHLESS, nothing))),
    ("streams over the limit", "protocol_error",
     lambda: per_stream(400, POST, nothing, end=False)),
    ("a window's increment of nothing", "protocol_error",
     lambda: per_stream(1, POST, lambda id: frames.window_update(id, 0), end=False)),
    ("DATA after the end", "protocol_error",
     lambda: per_stream(1, GET, lambda id: frames.data(id, b"a"))),
    ("a stream that depends on itself", "protocol_error",
     lambda: per_stream(1, POST, lambda id: frames.priority(id, id), end=False)),
    ("PRIORITY of 4 bytes", "protocol_error",
     lambda: per_stream(1, POST, lambda id: frames.frame(frames.PRIORITY, 0, id, bytes(4)), end=False)),
    ("a head of endless CONTINUATION", "continuation_flood", lambda: continued(b"\x00\x01x\x01y" * 10)),
    ("a head of empty CONTINUATION", "continuation_flood", lambda: continued(b"")),
    ("a head of large CONTINUATION", "continuation_flood",
     lambda: continued(b"\x00\x01x" + frames.integer(16_000, 7, 0) + b"y" * 16_000)),
    ("an HPACK bomb", "header_list_too_large", bomb),
    ("a head of 130 KiB", "header_list_too_large",
     lambda: [frames.headers(1, block=GET + frames.header_block([("x", b"y" * 1000)] * 130))]),
    ("4,000 fields without a value", "header_list_too_large",
     lambda: [frames.headers(1, block=GET + frames.header_block([("a", "")] * 4000))]),
    ("SETTINGS", "control_flood", lambda: repeated(frames.settings(), 5000)),
    ("SETTINGS of 33 entries", "protocol_error",
     lambda: [frames.settings([(frames.INITIAL_WINDOW_SIZE, 1000)] * 33)]),
    ("PING", "control_flood", lambda: repeated(frames.ping(), 5000)),
    ("windows that change for 100 streams", "control_flood", window_toggles),
    ("DATA without content", "empty_frames",
     lambda: repeated(frames.data(1), 5000, first=POST_OPEN)),
    ("DATA of padding alone", "useless_frames",
     lambda: repeated(frames.data(1, b"", padding=255), 100_000, first=POST_OPEN)),
    ("DATA of a byte in padding", "useless_frames",
     lambda: repeated(frames.data(1, b"a", padding=255), 100_000, first=POST_OPEN)),
    ("answers to no PING", "useless_frames", lambda: repeated(frames.ping(ack=True), 20_000)),
    ("heads on a stream that was reset", "useless_frames",
     lambda: [frames.headers(1, block=FORBIDDEN, end=True), PAUSE,
              *repeated(frames.headers(1, block=GET, end=True), 20_000)]),
    ("PRIORITY", "control_flood", lambda: repeated(frames.priority(1, 3), 20_000)),
    ("PRIORITY of one before all others, among DATA", "control_flood",
     lambda: repeated(frames.frame(frames.PRIORITY, 0, 1, FIRST_OF_ALL) * 900 + frames.data(3, b"a"),
                      1000, per_batch=1, first=ALL_OPEN)),
    ("WINDOW_UPDATE", "useless_frames", lambda: repeated(frames.window_update(0, 1), 20_000)),
    ("WINDOW_UPDATE of a stream", "useless_frames",
     lambda: repeated(frames.window_update(1, 1), 20_000, first=POST_OPEN)),
    ("frames of an unknown type", "useless_frames",
     lambda: repeated(frames.frame(0xFA, 0, 0, b"what"), 20_000)),
    ("a frame over the size", "protocol_error",
     lambda: [frames.frame(frames.DATA, 0, 1, bytes(20_000))]),
    ("a push from the client", "protocol_error",
     lambda: [frames.frame(frames.PUSH_PROMISE, frames.END_HEADERS, 1, bytes(4) + GET)]),
    ("a head that cannot be decoded", "protocol_error",
     lambda: [frames.headers(1, block=frames.indexed_field(99))]),
]
# Those whose every frame wants an answer, or makes one: nobody takes the answers.
DEAF = [row for row in ATTACKS if row[0] in (
    "Rapid Reset", "streams over the limit", "SETTINGS", "PING", "windows that change for 100 streams", "PRIORITY")]


def attacked(world, reason, batches, **manners):
    """The attack ends with its connection, is counted, costs little, and disturbs nobody."""
    engine = world.engine()
    engine.answer_all(ANSWER)
    proxy = world.proxy(engine, environment=WITHOUT_QUARANTINE, **OPEN)
    neighbour = Neighbour(proxy, ANSWER)
    neighbour.start()
    neighbour.wait_for_more()
    before = proxy.resident()

    times = [attack(proxy, reason, batches, manners)]
    while times[-1] >= timing.limit(1) and len(times) < TRIES:
        times.append(attack(proxy, reason, batches, manners))
    neighbour.wait_for_more()
    neighbour.stop()

    equal(neighbour.problem, None, "what the neighbour complains of")
    holds(times[-1] < timing.limit(1), f"the attack went on for {times} seconds")
    grown = proxy.resident("VmHWM") - before
    holds(grown < world.memory(MOST_GROWTH), f"the proxy grew by {grown >> 10} KiB")
    equal(refusals(proxy), {reason: len(times)}, "refusals by reason")


def attack(proxy, reason, batches, manners):
    """How long it went on after its last byte, which is past its limit."""
    refused = sum(refusals(proxy).values()) + 1
    attacker = Attacker(proxy, **manners)
    attacker.send(batches())
    start = time.monotonic()
    if attacker.listens:
        attacker.wait_for_end()
    timing.eventually(lambda: sum(refusals(proxy).values()) >= refused, f"a refusal for {reason}")
    took = time.monotonic() - start
    attacker.client.close()
    timing.eventually(lambda: proxy.metric("penstock_client_connections") == 1,
                      "the attacker's connection to end")
    return took


def refusals(proxy):
    return {labels["reason"]: count for name, labels, count in proxy.metrics()
            if name == "penstock_http2_refusals_total" and count}


@each(ATTACKS)
def test_a_flood_ends_with_its_connection_alone(world, reason, batches):
    attacked(world, reason, batches)


@each(DEAF)
def test_a_flood_of_a_client_that_reads_nothing_ends_as_soon(world, reason, batches):
    attacked(world, reason, batches, listens=False)


def test_a_refused_client_that_reads_nothing_ends_with_all_its_requests(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    attacker = Attacker(proxy, listens=False)
    requests = [begun(attacker.client, engine) for _ in range(6)]
    fill(requests[0])
    upload = attacker.client.open(chat_head(), end=False)

    attacker.send(repeated(frames.data(upload.id), 5000))

    start = time.monotonic()
    for request in requests:
        request.expect_end()
    timing.eventually(lambda: not proxy.metric("penstock_client_connections"),
                      "the connection to end")
    took = time.monotonic() - start
    holds(took < timing.limit(5), f"it took {took} seconds")  # write_stall_timeout is a minute
    equal(refusals(proxy), {"empty_frames": 1}, "refusals by reason")
    lines = proxy.wait_for_access_lines(7)
    equal({line["outcome"] for line in lines}, {"client_error"}, "outcomes")


def begun(client, engine):
    """A request whose answer has begun, and may be as long as it likes."""
    stream = client.post_chat()
    client.send(frames.window_update(stream.id, MOST_WINDOW - WINDOW))
    if stream.id == 1:
        client.send(frames.window_update(0, MOST_WINDOW - WINDOW))
    request = engine.next_request()
    request.start_counted(1 << 30)
    return request


def fill(request):
    """Sends until the proxy takes no more, since its client does not."""
    while select.select([], [request.socket], [], 0.5)[1]:
        try:
            request.socket.send(bytes(1 << 16), socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass


def test_streams_over_the_limit_end_a_client_that_acknowledges_nothing_too(world):
    attacked(world, "stream_errors",
             lambda: [ALL_OPEN, *per_stream(3000, GET, nothing)[128:]], acknowledges=False)


def test_a_reset_behind_every_answer_is_no_flood(world):
    engine = world.engine()
    engine.answer_all(ANSWER)
    proxy = world.proxy(engine, **OPEN)
    client = proxy.connect_h2()

    for _ in range(400):
        stream = client.open(head("GET", "/x"))
        equal(stream.read_response().status, 200)
        stream.reset(frames.NO_ERROR)
    client.synchronise()

    equal((client.goaways, refusals(proxy)), ([], {}))


# Each head is some 60 bytes on the wire and 28 KiB unpacked: all of them would be 88 MB.
@each([("whose bodies do not come", "POST", "/x", {}),
       ("whose answers are not read", "GET", "/nowhere/x", {"window": 0})])
def test_large_heads_are_held_within_the_budget(world, method, path, manners):
    proxy = world.proxy(world.engine(), environment=WITHOUT_QUARANTINE,
                        server={"buffer_budget": "8MiB", "max_body": "1MiB"},
                        routes=[{"paths": ["/x"], "methods": ["*"], "pool": "default"}])
    equal(proxy.connect_h2().get("/nowhere").status, 404)
    before = proxy.resident()

    clients = [H2Client(proxy.url, **manners) for _ in range(20)]
    for client in clients:
        client.send(heads_of_28_kib(method, path))
        client.synchronise()

    holds(proxy.metric("penstock_buffered_bytes") <= 8 << 20, "more is buffered than the budget")
    grown = proxy.resident() - before
    holds(grown < world.memory(MOST_GROWTH), f"the proxy grew by {grown >> 10} KiB")
    equal(proxy.connect_h2().get("/nowhere").status, 404)


def heads_of_28_kib(method, path):
    block = frames.header_block(head(method, path))
    end = method == "GET"
    first = frames.headers(1, block=block + frames.indexing_field("x", b"y" * 4000), end=end)
    return first + b"".join(
        frames.headers(stream, block=block + frames.indexed_field(62) * 7, end=end)
        for stream in streams(128)[1:])


def test_a_rapid_reset_makes_little_work_for_engines(world):
    engine = world.engine()
    at_once, most, seen = set(), [0], [0]

    def hang(request):
        at_once.add(request)
        seen[0] += 1
        most[0] = max(most[0], len(at_once))
        request.expect_end()
        at_once.discard(request)
        request.finished.set()

    engine.on_request = hang
    proxy = world.proxy(engine, **OPEN)
    attacker = Attacker(proxy)

    attacker.send(paced(per_stream(2000, GET, frames.rst_stream), at_once=10))
    attacker.wait_for_end()

    equal(refusals(proxy), {"rapid_reset": 1}, "refusals by reason")
    timing.eventually(lambda: not at_once, "the engine's requests to end")
    holds(seen[0] <= 400 and most[0] <= 144, f"the engine saw {seen[0]}, {most[0]} of them at once")


def test_a_raised_limit_is_the_one_that_counts(world):
    proxy = world.proxy(world.engine(), server={"http2": Sub({"control_burst": 1000})})
    client = proxy.connect_h2()
    client.synchronise()

    client.send(frames.ping() * 900)
    client.receive_until(lambda: client.goaways or len(client.pongs) >= 900, "all answers")

    equal((client.goaways, refusals(proxy)), ([], {}))
