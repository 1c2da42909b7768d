#include "client_bench.h"

namespace penstock::h1 {
namespace {

TEST_F(ClientTest, ReadsAnAnswerThatComesWhileTheBodyIsStillBeingSent) {
    const std::string large(8 << 20, 'x');
    ask(http::Method::post, large);
    EXPECT_FALSE(exchange->request_sent());
    engine.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");

    ASSERT_TRUE(head());
    EXPECT_EQ(exchange->response().status, 413);
    EXPECT_EQ(body(), "no");
    end();

    EXPECT_EQ(keeper.drops, 1);  // half a request is on it
}

TEST_F(ClientTest, SendsALargeBodyAsTheEngineTakesIt) {
    const std::string large(3 << 20, 'x');
    ask(http::Method::post, large);

    ASSERT_TRUE(run_until(loop, [&] {
        engine.read();
        return exchange->request_sent();
    }));
    engine.read();

    EXPECT_EQ(engine.received().size() - engine.received().find("\r\n\r\n") - 4, large.size());
}

TEST_F(ClientTest, LeavesTheHeadsMemoryToOthersWhileItsBodyIsSent) {
    const std::string large(3 << 20, 'x');
    ask(http::Method::post, large);

    ASSERT_TRUE(run_until(loop, [&] {
        EXPECT_GT(scratch.out.capacity(), std::string{}.capacity());
        engine.read();
        return exchange->request_sent();
    }));
    EXPECT_GT(scratch.out.capacity(), std::string{}.capacity());
}

TEST_F(ClientTest, DropsAConnectionOnWhichTheRequestCouldNotBeSent) {
    ::shutdown(engine.fd(), SHUT_RD);  // our write fails, while the engine's answer comes
    ask();
    engine.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");

    ASSERT_TRUE(head());
    EXPECT_EQ(body(), "no");
    EXPECT_FALSE(exchange->request_sent());
    end();

    EXPECT_EQ(keeper.drops, 1);
    EXPECT_EQ(keeper.kept, nullptr);
}

TEST_F(ClientTest, StreamsABodyInChunks) {
    open();
    exchange->send_head({.method = http::Method::post,
                         .target = "/",
                         .authority = "e",
                         .framing = http::Framing::chunked});
    const std::string_view pieces[] = {"abc", "defgh"};
    EXPECT_EQ(exchange->write(pieces), http::Flow::open);
    EXPECT_EQ(exchange->write({}), http::Flow::open);
    EXPECT_FALSE(exchange->request_sent());
    exchange->finish({});

    EXPECT_TRUE(exchange->request_sent());
    engine.read();
    EXPECT_TRUE(engine.received().ends_with("\r\n\r\n8\r\nabcdefgh\r\n0\r\n\r\n"));
}

TEST_F(ClientTest, BlocksAStreamingWriterUntilTheEngineReads) {
    open();
    exchange->send_head({.method = http::Method::post,
                         .target = "/",
                         .authority = "e",
                         .framing = http::Framing::chunked});
    const std::string block(1 << 16, 'x');
    const std::string_view piece = block;
    while (exchange->write({&piece, 1}) == http::Flow::open) {
    }
    exchange->when_writable(&note);
    penstock::test::turn(loop);
    EXPECT_EQ(note.woken, 0);

    EXPECT_TRUE(run_until(loop, [&] {
        engine.read();
        return note.woken == 1;
    }));
}

/// A response of so many chunks that one look does not give them all.
std::string many_chunks(int count) {
    std::string response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < count; ++i) response += "1\r\nx\r\n";
    return response + "0\r\n\r\n";
}

TEST_F(ClientTest, KeepsWhatWasNotLookedAtOverAReturnToTheLoop) {
    ask();
    engine.send(many_chunks(200));
    ASSERT_TRUE(head());
    ASSERT_EQ(exchange->try_read().state, http::ReadState::bytes);

    // Meanwhile another connection reads into the buffer that they share.
    const std::span<char> shared = loop.read_buffer();
    std::fill(shared.begin(), shared.end(), '!');

    const std::string rest = body();
    EXPECT_EQ(last, http::ReadState::end);
    EXPECT_EQ(rest, std::string(rest.size(), 'x'));
    EXPECT_GT(rest.size(), 100U);
}

TEST_F(ClientTest, WakesAReaderForWhatIsHereAlready) {
    ask();
    engine.send(many_chunks(200));
    ASSERT_TRUE(head());
    ASSERT_EQ(exchange->try_read().state, http::ReadState::bytes);

    exchange->when_readable(&note);  // nothing more will come from the socket
    EXPECT_EQ(note.woken, 0);

    EXPECT_TRUE(run_until(loop, [&] { return note.woken == 1; }));
}

TEST_F(ClientTest, WakesAReaderForAnEndThatIsHereAlready) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    ASSERT_TRUE(head());
    ASSERT_EQ(exchange->try_read().state, http::ReadState::bytes);

    exchange->when_readable(&note);

    ASSERT_TRUE(run_until(loop, [&] { return note.woken == 1; }));
    EXPECT_EQ(exchange->try_read().state, http::ReadState::end);
}

TEST_F(ClientTest, DoesNotWakeAReaderTakenBackBeforeItsTurn) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    ASSERT_TRUE(head());
    ASSERT_EQ(exchange->try_read().state, http::ReadState::bytes);
    exchange->when_readable(&note);

    exchange->when_readable(nullptr);
    penstock::test::turn(loop);

    EXPECT_EQ(note.woken, 0);
}

TEST_F(ClientTest, SaysWhereAnOwnEventMayFollow) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    ASSERT_TRUE(head());
    ASSERT_EQ(exchange->try_read().state, http::ReadState::bytes);
    EXPECT_FALSE(exchange->at_boundary());

    engine.send("c\r\n");
    ASSERT_TRUE(run_until(loop, [&] {
        exchange->when_readable(&note);
        return exchange->try_read().state == http::ReadState::bytes;
    }));

    EXPECT_TRUE(exchange->at_boundary());
}

TEST_F(ClientTest, TakesNothingMoreOnceAWriteHasFailed) {
    open();
    exchange->send_head({.method = http::Method::post,
                         .target = "/v1/x",
                         .authority = "engine",
                         .framing = http::Framing::chunked});
    engine.close();
    const std::string megabyte(1 << 20, 'x');
    const std::string_view piece = megabyte;
    EXPECT_EQ(exchange->write({&piece, 1}), http::Flow::failed);

    EXPECT_EQ(exchange->write({&piece, 1}), http::Flow::failed);
    exchange->finish({});

    EXPECT_TRUE(exchange->request_sent());  // nothing is held back for an engine that is not there
}

TEST_F(ClientTest, ClosesItsSideOfATunnelAndReadsOn) {
    open();
    http::RequestHead request{.target = "/", .authority = "e"};
    request.fields.append(http::FieldName::upgrade, "x");
    exchange->send_head(request);
    engine.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    ASSERT_TRUE(head());
    const std::string large(3 << 20, 'x');
    const std::string_view piece = large;

    EXPECT_EQ(exchange->write({&piece, 1}), http::Flow::blocked);
    exchange->finish({});

    EXPECT_TRUE(run_until(loop, [this] { return !engine.read(); }));
    EXPECT_FALSE(engine.was_reset());
    EXPECT_EQ(engine.received().size() - engine.received().find("\r\n\r\n") - 4, large.size());
    engine.send("the rest");
    engine.shut_down_write();
    EXPECT_EQ(body(), "the rest");
    EXPECT_EQ(last, http::ReadState::end);
}

TEST_F(ClientTest, NeverClosesItsSideOfAnExchange) {
    open();
    exchange->send_head({.method = http::Method::post,
                         .target = "/",
                         .authority = "e",
                         .framing = http::Framing::chunked});

    exchange->finish({});

    EXPECT_TRUE(engine.read());
}

}  // namespace
}  // namespace penstock::h1
