"""How HTTP/2 streams and connections end: by either side, early, or with the process."""

import signal

from harness import frames, timing, wire
from harness.cases import each, equal, holds
from harness.frames import MOST_WINDOW, NO_ERROR, REFUSED_STREAM
from harness.h2_client import chat_head, head
from harness.config import Sub
from harness.peer import Closed, Peer
from harness.wire import event

UPLOAD = {"paths": ["/upload"], "pool": "default", "body": "stream", "methods": ["POST"]}


def answered_stream(client, engine):
    """A stream whose response has begun."""
    stream = client.post_chat(stream=True)
    request = engine.next_request()
    request.start_stream()
    equal(stream.read_status(), 200)
    return stream, request


def test_a_reset_before_the_answer_ends_the_engines_request(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect_h2()
    stream = client.post_chat()
    request = engine.next_request()

    stream.reset()

    request.expect_end()
    line = proxy.wait_for_access_lines(1)[0]
    equal((line["status"], line["outcome"]), (499, "client_gone"))
    proxy.wait_for_metric("penstock_cancellations_total", 1)


@each([("CANCEL", frames.CANCEL), ("NO_ERROR", NO_ERROR), ("PROTOCOL_ERROR", frames.PROTOCOL_ERROR)])
def test_a_reset_within_the_answer_ends_the_engines_request_alone(world, code):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    cancelled, request = answered_stream(client, engine)
    going, other = answered_stream(client, engine)

    cancelled.reset(code)
    request.expect_end()

    other.send_chunk(event("still"))
    going.expect_data(event("still"))


def test_a_reset_while_the_body_comes_reaches_no_engine(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect_h2()
    stream = client.open(chat_head(), end=False)
    stream.send_data(b"{")
    client.synchronise()  # it has begun: a reset that comes with its head leaves no line

    stream.reset()

    equal(proxy.wait_for_access_lines(1)[0]["outcome"], "client_gone")
    engine.expect_no_request()


@each([("closing", "close"), ("resetting", "reset")])
def test_a_lost_connection_ends_all_its_requests(world, how):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect_h2()
    requests = [answered_stream(client, engine)[1] for _ in range(5)]
    client.post_chat()
    requests.append(engine.next_request())

    getattr(client, how)()

    for request in requests:
        request.expect_end()
    lines = proxy.wait_for_access_lines(6)
    equal({line["outcome"] for line in lines}, {"client_gone"})


def test_a_clients_goaway_lets_its_streams_end(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    stream, request = answered_stream(client, engine)

    client.send(frames.goaway())
    client.synchronise()
    request.send_chunk(event("last"))
    stream.expect_data(event("last"))
    request.end_stream()

    stream.expect_end()
    equal(client.read_to_end(), "fin", "the connection's end")


def test_an_answer_before_the_requests_end_is_whole_and_stops_the_upload(world):
    engine = world.engine(read_bodies=False)
    client = world.proxy(engine, routes=[UPLOAD]).connect_h2()
    stream = client.open(head(target="/upload"), end=False)
    stream.send_data(b"first of much")
    request = engine.next_request()

    request.send(wire.response(403, [("Connection", "close")], b"no", "Forbidden"))
    request.close()
    response = stream.read_response()

    equal((response.status, response.body), (403, b"no"))
    stream.expect_reset(NO_ERROR)
    client.synchronise()


def test_a_body_over_the_limit_is_answered_before_its_end(world):
    engine = world.engine()
    client = world.proxy(engine, server={"max_body": "1KiB"}).connect_h2()
    stream = client.open(chat_head(), end=False)

    stream.send_data(b"x" * 1025)
    response = stream.read_response()

    equal(response.status, 413)
    stream.expect_reset(NO_ERROR)
    engine.expect_no_request()


def answered_early(world):
    """A client that answers no PING, and a stream of it that was answered before its end."""
    client = world.proxy(world.engine(), server={"max_body": "1KiB"}).connect_h2()
    client.synchronise()
    client.answers_pings = False
    stream = client.open(chat_head(), end=False)
    stream.send_data(b"x" * 1025)
    equal(stream.read_response().status, 413)
    client.synchronise()
    return client, stream


def test_the_rest_of_a_request_is_stopped_once_the_answer_has_been_read(world):
    client, stream = answered_early(world)

    equal(list(stream.frames), [], "frames before the client has told that it reads")
    client.send(frames.ping(client.pings[-1], ack=True))

    stream.expect_reset(NO_ERROR)


def test_the_rest_of_a_request_is_stopped_where_the_client_does_not_tell(world):
    stream = answered_early(world)[1]

    stream.expect_reset(NO_ERROR)


def test_a_client_that_ends_its_request_after_the_answer_is_not_reset(world):
    client, stream = answered_early(world)

    stream.send_data(b"", end=True)
    client.answers_pings = True
    client.send(frames.ping(client.pings[-1], ack=True))
    client.synchronise()

    equal(list(stream.frames), [], "frames behind the answer")


def test_a_length_over_the_limit_is_refused_by_the_head_alone(world):
    engine = world.engine()
    client = world.proxy(engine, server={"max_body": "1KiB"}).connect_h2()

    stream = client.open(chat_head([("content-length", "1025")]), end=False)

    equal(stream.read_response().status, 413)
    stream.expect_reset(NO_ERROR)
    engine.expect_no_request()


def test_a_body_that_stalls_is_answered(world):
    engine = world.engine()
    client = world.proxy(engine, server={"body_idle_timeout": "200ms"}).connect_h2()
    stream = client.open(chat_head(), end=False)

    stream.send_data(b"{")

    equal(stream.read_response().status, 408)
    stream.expect_reset(NO_ERROR)
    engine.expect_no_request()


def test_an_engine_that_dies_within_its_answer_resets_that_stream_alone(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    going, other = answered_stream(client, engine)
    broken = client.post_chat()
    request = engine.next_request()

    request.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\npart")
    equal(broken.read_status(), 200)
    broken.expect_data(b"part")
    request.reset()

    holds(broken.expect_reset() != NO_ERROR, "it ends as if complete")
    other.send_chunk(event("still"))
    going.expect_data(event("still"))


def test_an_event_stream_that_breaks_says_so_and_is_reset(world):
    engine = world.engine()
    client = world.proxy(engine).connect_h2()
    stream, request = answered_stream(client, engine)
    request.send_chunk(event("one"))
    stream.expect_data(event("one"))

    request.reset()
    one = stream.next_frame()

    holds(b'"error"' in frames.content_of(one), f"no error event: {one!r}")
    holds(stream.expect_reset() != NO_ERROR, "it ends as if complete")


def test_streams_over_the_limit_are_refused_and_the_others_go_on(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"http2": Sub({"max_streams": 2})})
    client = proxy.connect_h2()
    client.synchronise()
    pairs = [answered_stream(client, engine) for _ in range(2)]
    equal(client.settings[frames.MAX_CONCURRENT_STREAMS], 2)

    # A client that has not seen our SETTINGS may ask for one too many; it is told to ask again.
    other = proxy.connect_h2(start=False)
    other.send(frames.PREFACE + frames.settings())
    streams = [other.open(chat_head(), end=False) for _ in range(3)]
    streams[2].expect_reset(REFUSED_STREAM)

    for stream, request in pairs:
        request.send_chunk(event("on"))
        stream.expect_data(event("on"))


def test_sigterm_says_goaway_in_two_steps_and_lets_streams_end(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect_h2()
    stream, request = answered_stream(client, engine)

    proxy.signal(signal.SIGTERM)
    notice = client.expect_goaway(NO_ERROR)
    end = client.expect_goaway(NO_ERROR)
    request.send_chunk(event("still"))
    stream.expect_data(event("still"))
    holds(proxy.running(), "it ended with a stream open")
    request.end_stream()
    stream.expect_end()

    equal((notice.last_stream, end.last_stream), (MOST_WINDOW, stream.id), "last streams")
    equal(client.read_to_end(), "fin", "the connection's end")
    equal(proxy.wait_for_end(), 0, "exit status")


def test_a_stream_sent_before_the_notice_was_seen_is_served(world):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect_h2()
    _, first = answered_stream(client, engine)
    client.answers_pings = False  # the notice has not been seen

    proxy.signal(signal.SIGTERM)
    client.expect_goaway(NO_ERROR)
    late = client.post_chat("sent before the notice came")
    engine.next_request().respond(body=b"served")

    equal(late.read_response().body, b"served")
    first.end_stream()


def test_an_idle_connection_ends_with_the_drain(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine)
    client = proxy.connect_h2()
    client.chat()

    proxy.signal(signal.SIGTERM)
    client.expect_goaway(NO_ERROR)

    equal(client.read_to_end(), "fin", "the connection's end")
    equal(proxy.wait_for_end(), 0, "exit status")


def test_a_connection_idle_for_too_long_ends_with_goaway(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    client = world.proxy(engine, server={"keep_alive_timeout": "200ms"}).connect_h2()
    stream = client.post_chat()

    equal(stream.read_response().status, 200)
    one = client.expect_goaway(NO_ERROR)

    equal(one.last_stream, stream.id, "last stream")
    equal(client.read_to_end(), "fin", "the connection's end")


def test_a_connection_with_a_stream_is_not_idle(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"keep_alive_timeout": "100ms"})
    client = proxy.connect_h2()
    stream, request = answered_stream(client, engine)
    idle = proxy.connect_h2()

    idle.read_to_end()  # it has waited for as long
    request.send_chunk(event("still"))

    stream.expect_data(event("still"))


@each([("the preface stops", frames.PREFACE[:10]),
       ("no SETTINGS come", frames.PREFACE),
       ("a head stops", frames.PREFACE + frames.settings() + frames.frame(
           frames.HEADERS, frames.END_STREAM, 1, frames.header_block(head()[:2])))])
def test_a_client_that_says_half_of_it_is_given_up(world, half):
    engine = world.engine()
    client = world.proxy(engine, server={"head_timeout": "200ms"}).connect_h2(start=False)

    client.send(half)

    client.read_to_end()
    engine.expect_no_request()


def test_a_client_that_does_not_acknowledge_our_settings_is_given_up(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"head_timeout": "200ms"})
    client = proxy.connect_h2()
    client.acknowledges_settings = False
    client.post_chat()

    client.expect_goaway(frames.SETTINGS_TIMEOUT)

    client.read_to_end()
    proxy.wait_for_metric("penstock_http2_refusals_total", 1, reason="settings_timeout")


def test_heads_that_come_meanwhile_buy_no_time_for_that(world):
    proxy = world.proxy(world.engine(), server={"head_timeout": "200ms"})
    client = proxy.connect_h2()
    client.acknowledges_settings = False
    client.post_chat()
    halves = heads_in_halves()

    def refused_or_goes_on():
        if proxy.metric("penstock_http2_refusals_total", reason="settings_timeout"):
            return True
        client.send(next(halves))
        return False

    timing.eventually(refused_or_goes_on, "the end of a client that acknowledges nothing")
    client.expect_goaway(frames.SETTINGS_TIMEOUT)


def heads_in_halves():
    block = frames.header_block(head("GET", "/health"))
    for stream in range(101, 2001, 2):
        yield frames.frame(frames.HEADERS, frames.END_STREAM, stream, block[:10])
        yield frames.frame(frames.CONTINUATION, frames.END_HEADERS, stream, block[10:])


HALF_A_HEAD = frames.frame(frames.HEADERS, frames.END_STREAM, 101, frames.header_block(head()[:2]))


def test_trailers_that_come_after_a_reset_are_no_head_that_stops(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"head_timeout": "200ms", "max_body": "1KiB"})
    client, clock = proxy.connect_h2(), proxy.connect_h2()
    client.synchronise()
    stream, request = answered_stream(client, engine)
    refused = client.open(chat_head(), end=False)
    refused.send_data(b"x" * 1025)
    equal(refused.read_response().status, 413)
    refused.expect_reset(NO_ERROR)

    refused.send_trailers([("x-checksum", "abc")])
    client.synchronise()
    clock.send(HALF_A_HEAD)
    clock.read_to_end()

    request.send_chunk(event("still"))
    stream.expect_data(event("still"))


def test_a_stream_that_comes_after_the_last_goaway_is_no_head_that_stops(world):
    engine = world.engine()
    proxy = world.proxy(engine, server={"head_timeout": "200ms"})
    client, clock = proxy.connect_h2(), proxy.connect_h2()
    client.synchronise()
    clock.synchronise()
    stream, request = answered_stream(client, engine)
    answered_stream(clock, engine)
    proxy.signal(signal.SIGTERM)
    for each_client in (client, clock):
        each_client.expect_goaway(NO_ERROR)
        each_client.expect_goaway(NO_ERROR)

    client.open(chat_head(), end=False)
    client.synchronise()
    clock.send(HALF_A_HEAD)
    clock.read_to_end()

    request.send_chunk(event("still"))
    stream.expect_data(event("still"))


@each([("DATA in the same packet", False), ("DATA in a packet of its own", True)])
def test_what_comes_after_a_reset_ends_the_connection(world, apart):
    client = world.proxy(world.engine()).connect_h2()
    client.synchronise()
    stream = client.open(chat_head(), end=False)
    client.synchronise()
    late = frames.data(stream.id, b"late", end=True)

    client.send(frames.rst_stream(stream.id) + (b"" if apart else late))
    if apart:
        client.synchronise()
        client.send(late)

    client.expect_goaway(frames.STREAM_CLOSED)
    client.read_to_end()


def test_a_stream_with_a_lower_number_ends_the_connection(world):
    client = world.proxy(world.engine()).connect_h2()
    client.send(frames.headers(5, head("GET", "/v1/models"), end=True)
                + frames.headers(3, head("GET", "/v1/models"), end=True))

    client.expect_goaway(frames.PROTOCOL_ERROR)
    client.read_to_end()


def only(protocol):
    return {"listeners": [{"address": "127.0.0.1:0", "protocol": protocol}]}


@each([("another ending", frames.PREFACE[:-6] + b"XX\r\n\r\n"),
       ("HTTP/1.1", wire.get("/v1/models"))])
def test_where_http2_alone_is_spoken_a_bad_preface_is_told_so(world, data):
    proxy = world.proxy(world.engine(), **only("h2"))
    client = proxy.connect_h2(start=False)

    client.send(data)

    client.expect_goaway(frames.PROTOCOL_ERROR)
    client.read_to_end()
    equal(proxy.connect_h2().get("/v1/models").status, 200, "a request afterwards")


def test_where_http1_alone_is_spoken_a_preface_is_a_bad_request(world):
    proxy = world.proxy(world.engine(), **only("http/1.1"))
    client = proxy.connect()

    client.send(frames.PREFACE + frames.settings())

    equal(client.read_response().status, 501)
    equal(proxy.get("/v1/models").status, 200, "a request afterwards")


def speaks_http2(proxy):
    try:
        proxy.connect_h2().synchronise()
    except Closed:
        return False
    return True


def test_a_reload_changes_what_new_connections_speak(world):
    engine = world.engine()
    engine.answer_all(b"answer")
    proxy = world.proxy(engine, **only("http/1.1"))
    before = proxy.connect()
    equal(before.chat().status, 200)

    proxy.write_config(**{**proxy.tables, **only("h2")})
    proxy.reload()

    timing.eventually(lambda: speaks_http2(proxy), "a connection of HTTP/2")
    equal(before.chat().body, b"answer", "an answer on the connection from before")


@each([("another ending", frames.PREFACE[:-6] + b"XX\r\n\r\n"),
       ("another version", b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n"),
       ("no SETTINGS behind it", frames.PREFACE + frames.ping()),
       ("HTTP/1.1 behind it", frames.PREFACE + wire.get("/v1/models"))])
def test_a_preface_that_is_none_ends_the_connection(world, data):
    engine = world.engine()
    proxy = world.proxy(engine)
    client = proxy.connect_h2(start=False)

    client.send(data)

    Peer.read_to_end(client)  # as bytes: it may be answered in either version
    equal(proxy.get("/v1/models").status, 200, "a request afterwards")
