"""HTTP/2 to backends: many requests on one connection, each with its own fate."""

import threading

from harness import config, frames, timing, wire
from harness.cases import each, equal, holds
from harness.wire import DONE, LAST_CHUNK, chunk, event

H2C = {"protocol": "h2c"}
STREAM = {"routes": [{"paths": ["/**"], "methods": ["*"], "pool": "default", "body": "stream"}]}
TOKENS = [("content-type", "text/event-stream")]


def asked(proxy, **more):
    """A client that has sent a chat, with the engine yet to answer."""
    client = proxy.connect()
    client.send(wire.post_chat(**more))
    return client


def test_a_token_reaches_the_client_before_the_engine_sends_the_next(world):
    engine = world.frame_engine()
    client = asked(world.proxy(engine, pool=H2C), stream=True)
    request = engine.next_request()
    equal(request.wait_for_end(), wire.chat(stream=True), "body at the engine")

    request.send_head(TOKENS)
    client.read_head()
    for number in range(20):
        request.send_data(event(f"token {number}"))
        client.expect(chunk(event(f"token {number}")))
    request.send_data(DONE, end=True)

    client.expect(chunk(DONE) + LAST_CHUNK)


def test_the_engine_gets_the_request_as_http2_has_it(world):
    engine = world.frame_engine()
    client = asked(world.proxy(engine, pool=H2C), fields=[
        ("X-Own", "1"), ("Connection", "keep-alive"), ("TE", "trailers, deflate")])

    request = engine.next_request()

    equal(request.fields[:4], [(":method", "POST"), (":scheme", "http"),
                               (":authority", f"127.0.0.1:{engine.port}"), (":path", wire.CHAT)])
    equal(request.field("x-own"), "1")
    equal(request.field("te"), "trailers")
    equal(request.field("connection"), None)
    equal(request.field("content-length"), str(len(wire.chat())))
    request.respond()
    equal(client.read_response().status, 200)


def test_many_streams_share_one_connection_byte_for_byte(world):
    engine = world.frame_engine()
    engine.on_request = lambda request: threading.Thread(target=tell, args=(request,),
                                                         daemon=True).start()
    proxy = world.proxy(engine, pool=H2C)
    first = proxy.connect_h2()
    streams = [first.post_chat(f"client {number}", stream=True) for number in range(60)]

    for number, stream in enumerate(streams):
        answer = stream.read_response()
        equal(answer.body, told(wire.chat(f"client {number}", stream=True)), f"stream {number}")

    equal(len(engine.connections), 1, "connections")
    equal(proxy.metric("penstock_upstream_connections_open"), 1)


def told(body):
    return b"".join(event(f"{len(body)} {number}") for number in range(30)) + body


def tell(request):
    body = request.wait_for_end()
    request.send_head(TOKENS)
    for number in range(30):
        request.send_data(event(f"{len(body)} {number}"))
    request.send_data(body, end=True)


def test_a_full_connection_is_followed_by_another(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool={**H2C, "http2_streams": 2})
    clients = [asked(proxy) for _ in range(5)]

    requests = [engine.next_request() for _ in clients]

    equal(sorted(each.connection.number for each in requests), [1, 1, 2, 2, 3])
    for request in requests:
        request.respond()
    for client in clients:
        equal(client.read_response().status, 200)


def test_the_engines_own_limit_is_heeded(world):
    engine = world.frame_engine(settings=[(frames.MAX_CONCURRENT_STREAMS, 1)])
    proxy = world.proxy(engine, pool=H2C)
    first = asked(proxy)
    one = engine.next_request()

    second = asked(proxy)
    two = engine.next_request()

    equal([one.connection.number, two.connection.number], [1, 2])
    one.respond()
    two.respond()
    equal([first.read_response().status, second.read_response().status], [200, 200])


def test_a_burst_waits_until_a_new_connection_says_how_many_it_takes(world):
    engine = world.frame_engine(settings=[(frames.MAX_CONCURRENT_STREAMS, 5)], greets=False)
    proxy = world.proxy(engine, pool=H2C, server={"connect_timeout": "60s"})
    clients = [asked(proxy) for _ in range(40)]
    requests = [engine.next_request()]
    timing.eventually(lambda: proxy.metric("penstock_requests_in_flight") == 40, "all requests")

    engine.greets = True
    requests[0].connection.greet()

    requests += [engine.next_request() for _ in clients[1:]]
    equal([len(each.requests) for each in engine.connections], [5] * 8, "on each connection")
    for request in requests:
        request.respond()
    for client in clients:
        equal(client.read_response().status, 200)
    equal(proxy.metric("penstock_backend_failures_total"), 0)


def test_a_client_that_goes_resets_its_stream_and_no_other(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    gone, stays = asked(proxy, stream=True), None
    first = engine.next_request()
    stays = asked(proxy, stream=True)
    second = engine.next_request()
    for request in (first, second):
        request.send_head(TOKENS)
        request.send_data(event("one"))
    gone.read_head()

    gone.close()

    equal(first.wait_for_reset(), frames.CANCEL)
    second.send_data(DONE, end=True)
    stays.read_head()
    stays.expect(chunk(event("one")))
    equal(stays.read_chunk(), DONE)
    equal(len(engine.connections), 1, "connections")


def test_a_connection_that_dies_fails_its_streams_visibly(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    begun, waits = asked(proxy, stream=True), None
    first = engine.next_request()
    waits = asked(proxy)
    engine.next_request()
    first.send_head(TOKENS)
    first.send_data(event("one"))
    begun.read_head()
    begun.expect(chunk(event("one")))

    first.connection.reset()

    equal(waits.read_response().status, 502)
    data, _ = begun.read_to_end()
    holds(b"upstream_closed" in data and not data.endswith(LAST_CHUNK), f"came {data!r}")


def test_what_goaway_leaves_out_is_sent_again_and_the_rest_goes_on(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    kept = asked(proxy)
    first = engine.next_request()
    again = asked(proxy)
    second = engine.next_request()

    second.connection.send(frames.goaway(first.id))
    third = engine.next_request()

    equal([second.connection.number, third.connection.number], [1, 2])
    third.respond(b'"again"')
    first.respond(b'"kept"')
    equal(again.read_response().body, b'"again"')
    equal(kept.read_response().body, b'"kept"')
    first.connection.wait_for_end()


def test_a_refused_stream_is_sent_again(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    kept = asked(proxy)
    first = engine.next_request()
    refused = asked(proxy)

    engine.next_request().reset(frames.REFUSED_STREAM)
    engine.next_request().respond(b'"again"')

    equal(refused.read_response().body, b'"again"')
    first.respond()
    equal(kept.read_response().status, 200)


def test_a_stream_that_is_refused_twice_is_sent_a_third_time(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    client = asked(proxy)
    for _ in range(2):
        engine.next_request().reset(frames.REFUSED_STREAM)

    engine.next_request().respond(b'"at last"')

    equal(client.read_response().body, b'"at last"')
    equal(proxy.metric("penstock_backend_failures_total"), 0)


def test_an_engine_that_refuses_streams_is_not_taken_for_dead(world):
    engine = world.frame_engine()
    engine.on_request = lambda request: request.reset(frames.REFUSED_STREAM)
    proxy = world.proxy(engine, pool=H2C)
    for _ in range(10):
        equal(proxy.chat().error_code(), "upstream_reused_closed")

    engine.on_request = lambda request: request.respond()

    equal(proxy.chat().status, 200)


def test_an_engine_that_refuses_everything_is_left_for_another(world):
    refuses, answers = world.frame_engine(), world.frame_engine()
    refuses.on_request = lambda request: request.reset(frames.REFUSED_STREAM)
    answers.on_request = lambda request: request.respond(b'"answered"')
    proxy = world.proxy({"url": refuses.url, "weight": 1}, {"url": answers.url, "weight": 1},
                        pool=H2C)
    for _ in range(6):
        equal(proxy.chat().body, b'"answered"')


def test_a_head_that_http2_does_not_carry_is_the_clients_fault(world):
    engine = world.frame_engine()
    engine.on_request = lambda request: request.respond()
    proxy = world.proxy(engine, pool=H2C, server={"max_head": "1MiB", "max_fields": 1000})
    large = [(f"X-Large-{number}", "x" * 2000) for number in range(100)]

    response = proxy.chat(fields=large)

    equal((response.status, response.error_code()), (431, "head_too_large"))
    equal(proxy.metric("penstock_backend_failures_total"), 0)
    equal(proxy.chat().status, 200)


def test_a_stream_reset_by_the_engine_is_never_complete(world):
    engine = world.frame_engine()
    client = asked(world.proxy(engine, pool=H2C), stream=True)
    request = engine.next_request()
    request.send_head(TOKENS)
    request.send_data(event("one"))
    client.read_head()
    client.expect(chunk(event("one")))

    request.reset()

    data, _ = client.read_to_end()
    holds(b"upstream_closed" in data and not data.endswith(LAST_CHUNK), f"came {data!r}")


@each([("no status", [("x", "1")]), ("two lengths", [(":status", "200"), ("content-length", "1"),
                                                     ("content-length", "2")]),
       ("a connection field", [(":status", "200"), ("connection", "close")]),
       ("a capital letter", [(":status", "200"), ("X-Big", "1")]),
       ("a line feed", [(":status", "200"), ("x", "a\nb")]),
       ("a status 101", [(":status", "101")])])
def test_a_malformed_response_becomes_a_502(world, fields):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    client = asked(proxy)
    request = engine.next_request()

    request.connection.send(frames.headers(request.id, fields))

    equal(client.read_response().status, 502)
    equal(request.wait_for_reset(), frames.PROTOCOL_ERROR)
    engine.on_request = lambda next_one: next_one.respond()
    equal(proxy.chat().status, 200)
    equal(len(engine.connections), 1, "connections")


def test_a_body_shorter_than_announced_is_never_complete(world):
    engine = world.frame_engine()
    client = asked(world.proxy(engine, pool=H2C))
    request = engine.next_request()
    request.send_head([("content-length", "10")])
    request.send_data(b"half", end=True)

    data, _ = client.read_to_end()

    holds(data.endswith(b"half") or b" 502 " in data, f"came {data!r}")


def test_trailers_pass(world):
    engine = world.frame_engine()
    client = world.proxy(engine, pool=H2C).connect_h2()
    stream = client.post_chat(stream=True)
    request = engine.next_request()
    request.send_head(TOKENS)
    request.send_data(DONE)
    request.send_trailers([("x-checksum", "abc"), ("cache-control", "no-store")])

    answer = stream.read_response()

    equal(answer.body, DONE)
    equal(answer.trailers, [("x-checksum", "abc")])


def test_a_slow_client_holds_back_its_own_stream_only(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C)
    slow = proxy.connect_h2(window=1000)
    slow.post_chat(stream=True)
    first = engine.next_request()
    quick = asked(proxy, stream=True)
    second = engine.next_request()
    first.send_head(TOKENS)
    first.send_data(b"x" * 120_000)  # within its window

    second.send_head(TOKENS)
    for number in range(100):
        second.send_data(b"y" * 10_000)
        timing.eventually(lambda sent=number: second.window + 131_072 - 10_000 * (sent + 1) > 20_000,
                          "the window of the quick stream")
    second.send_data(DONE, end=True)

    quick.read_head()
    equal(quick.read_chunked(), b"y" * 1_000_000 + DONE)
    holds(first.window < 131_072, f"window of the slow stream: {first.window}")
    slow.close()
    equal(first.wait_for_reset(), frames.CANCEL)


def test_a_streamed_upload_waits_for_the_engine_and_for_the_client(world):
    engine = world.frame_engine()
    client = world.proxy(engine, pool=H2C, **STREAM).connect_h2()
    stream = client.open([(":method", "POST"), (":scheme", "http"), (":authority", "a"),
                          (":path", "/echo")], end=False)
    request = engine.next_request()
    request.send_head()
    stream.read_head()

    for word in (b"one", b"two", b"three"):
        stream.send_data(word)
        timing.eventually(lambda said=word: request.body.endswith(said), "the piece at the engine")
        request.send_data(word)
        stream.expect_data(word)
    stream.send_data(b"", end=True)
    request.wait_for_end()
    request.send_data(b"", end=True)

    stream.expect_end()


def test_an_idle_connection_ends_in_order(world):
    engine = world.frame_engine()
    engine.on_request = lambda request: request.respond()
    proxy = world.proxy(engine, pool=H2C, server={"upstream_idle_timeout": "200ms"})
    equal(proxy.chat().status, 200)

    connection = engine.connections[0]
    timing.eventually(lambda: connection.goaways, "a GOAWAY")
    equal(connection.goaways[0].code, frames.NO_ERROR)
    connection.wait_for_end()
    timing.eventually(lambda: proxy.metric("penstock_upstream_connections_open") == 0, "the gauge")
    equal(proxy.metric("penstock_upstream_connections_idle"), 0)
    equal(proxy.chat().status, 200)


def test_a_connection_that_is_too_old_is_replaced_and_ends_with_its_last_stream(world):
    engine = world.frame_engine()
    proxy = world.proxy(engine, pool=H2C, server={"upstream_max_age": "100ms"})
    client = asked(proxy)
    first = engine.next_request()
    engine.on_request = lambda request: request.respond()

    timing.eventually(lambda: proxy.chat().status == 200 and len(engine.connections) > 1,
                      "a request on another connection")

    first.respond(b'"kept"')
    equal(client.read_response().body, b'"kept"')
    first.connection.wait_for_end()


def test_an_engine_that_closed_an_idle_connection_is_asked_on_a_new_one(world):
    engine = world.frame_engine()
    engine.on_request = lambda request: request.respond()
    proxy = world.proxy(engine, pool=H2C)
    equal(proxy.chat().status, 200)

    engine.connections[0].close()

    equal(proxy.chat().status, 200)
    equal(len(engine.connections), 2, "connections")


def test_a_reload_changes_the_protocol_of_new_connections(world):
    engine = world.frame_engine()
    engine.on_request = lambda request: request.respond()
    proxy = world.proxy(engine, pool=H2C)
    equal(proxy.chat().status, 200)

    proxy.write_config(pools=[config.pool("default", [engine.url])])
    proxy.reload()

    def speaks_http1():
        proxy.connect().send(wire.post_chat())
        return engine.connections[-1].greeting.startswith(b"POST ")
    timing.eventually(speaks_http1, "a request in HTTP/1.1", every=0.1)


def test_the_simulated_engine_streams_over_http2(world):
    engine = world.mock_engines(1)[0]
    proxy = world.proxy(engine, pool=H2C)
    client = proxy.connect_h2()
    streams = [client.post_chat(f"Hello {number}", stream=True, max_tokens=20)
               for number in range(40)]

    for stream in streams:
        answer = stream.read_response()
        holds(answer.status == 200 and answer.body.endswith(DONE), f"answer {answer.body[-80:]!r}")
    equal(proxy.metric("penstock_upstream_connections_open"), 1)


def test_a_cancelled_request_is_aborted_in_the_simulated_engine(world):
    engine = world.mock_engines(1)[0]
    client = asked(world.proxy(engine, pool=H2C), stream=True, max_tokens=2000)
    client.read_head()
    client.read_chunk()

    client.close()

    timing.eventually(lambda: any(each.get("cancelled") for each in engine.seen()),
                      "the engine to see the cancellation")
