#include "penstock/h1/client.h"

#include <memory>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "socket_pair.h"

namespace penstock::h1 {
namespace {

using penstock::test::Peer;
using penstock::test::run_until;

class Keeper final : public ConnectionKeeper {
public:
    void keep(std::unique_ptr<ClientConnection> connection) noexcept override {
        kept = std::move(connection);
    }
    void dropped() noexcept override { ++drops; }
    std::unique_ptr<ClientConnection> kept;
    int drops = 0;
};

class Note final : public Waiter {
public:
    void wake() noexcept override { ++woken; }
    int woken = 0;
};

class ClientTest : public testing::Test {
protected:
    explicit ClientTest(int buffer = 0) {
        penstock::test::SocketPair pair = penstock::test::socket_pair(buffer);
        engine = std::move(pair.peer);
        connection = std::make_unique<ClientConnection>(loop, pair.ours);
    }
    void open() {
        exchange = std::make_unique<ClientExchange>(std::move(connection), keeper, scratch);
    }
    /// Opens an exchange and sends a request.
    void ask(http::Method method = http::Method::post, std::string_view body = "ping") {
        open();
        exchange->send({.method = method, .target = "/v1/x", .authority = "engine"}, body);
    }
    /// One look for the head after what the engine has sent has arrived.
    http::ReadState look_for_head() {
        note.woken = 0;
        exchange->when_readable(&note);
        EXPECT_TRUE(run_until(loop, [this] { return note.woken > 0; }));
        return exchange->try_head(error);
    }
    /// The response's head, waited for. False when it fails.
    bool head() {
        http::ReadState state = http::ReadState::would_block;
        EXPECT_TRUE(run_until(loop, [&] {
            state = exchange->try_head(error);
            if (state == http::ReadState::would_block) exchange->when_readable(&note);
            return state != http::ReadState::would_block;
        }));
        return state == http::ReadState::bytes;
    }
    /// The rest of the body. `last` tells how it ended.
    std::string body() {
        std::string all;
        EXPECT_TRUE(run_until(loop, [&] {
            for (;;) {
                const http::Received received = exchange->try_read();
                last = received.state;
                error = received.error;
                if (last == http::ReadState::would_block) exchange->when_readable(&note);
                if (last != http::ReadState::bytes) return last != http::ReadState::would_block;
                for (const std::string_view piece : received.payload) all += piece;
            }
        }));
        return all;
    }
    void end() { exchange.reset(); }

    net::Loop loop;
    Peer engine;
    std::unique_ptr<ClientConnection> connection;
    Keeper keeper;
    ClientScratch scratch;
    std::unique_ptr<ClientExchange> exchange;
    Note note;
    ErrorCode error = ErrorCode::internal;
    http::ReadState last = http::ReadState::would_block;
};

TEST_F(ClientTest, SendsHeadAndBody) {
    ask();

    EXPECT_TRUE(exchange->request_sent());
    engine.read();
    EXPECT_TRUE(engine.received().starts_with("POST /v1/x HTTP/1.1\r\nHost: engine\r\n"));
    EXPECT_NE(engine.received().find("Content-Length: 4\r\n"), std::string::npos);
    EXPECT_TRUE(engine.received().ends_with("\r\n\r\nping"));
}

TEST_F(ClientTest, ReadsAResponseAndKeepsTheConnection) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello");

    ASSERT_TRUE(head());
    EXPECT_EQ(exchange->response().status, 200);
    EXPECT_EQ(exchange->response().fields.find("x"), "y");
    EXPECT_EQ(body(), "hello");
    EXPECT_EQ(last, http::ReadState::end);
    end();

    EXPECT_NE(keeper.kept, nullptr);
    EXPECT_EQ(keeper.drops, 0);
}

TEST_F(ClientTest, ServesAgainOnAKeptConnection) {
    for (int i = 0; i < 3; ++i) {
        ask();
        EXPECT_EQ(exchange->reused(), i > 0);
        engine.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        ASSERT_TRUE(head());
        EXPECT_FALSE(exchange->reused());
        EXPECT_EQ(body(), "x");
        end();
        ASSERT_NE(keeper.kept, nullptr);
        connection = std::move(keeper.kept);
    }
}

TEST_F(ClientTest, ReadsAResponseByteByByte) {
    const std::string response =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n";
    ask();
    std::string got;
    bool have_head = false;
    for (const char c : response) {
        engine.send({&c, 1});
        exchange->when_readable(&note);
        penstock::test::turn(loop, 2);
        if (!have_head) have_head = exchange->try_head(error) == http::ReadState::bytes;
        if (!have_head) continue;
        for (auto read = exchange->try_read(); read.state == http::ReadState::bytes;
             read = exchange->try_read()) {
            for (const auto piece : read.payload) got += piece;
        }
    }

    EXPECT_EQ(got, "abc");
    EXPECT_EQ(exchange->try_read().state, http::ReadState::end);
    EXPECT_EQ(exchange->trailers().find("x-sum"), "1");
}

TEST_F(ClientTest, SkipsInterimHeads) {
    ask();
    engine.send(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

    ASSERT_TRUE(head());

    EXPECT_EQ(exchange->response().status, 200);
    EXPECT_EQ(exchange->try_read().state, http::ReadState::end);
}

TEST_F(ClientTest, SkipsEightInterimHeadsHoweverTheyCome) {
    ask();
    for (int i = 0; i < 8; ++i) {
        engine.send("HTTP/1.1 102 Processing\r\n\r\n");
        EXPECT_EQ(look_for_head(), http::ReadState::would_block);
    }
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

    EXPECT_TRUE(head());
}

TEST_F(ClientTest, RefusesANinthInterimHeadHoweverTheyCome) {
    ask();
    http::ReadState state = http::ReadState::would_block;
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(state, http::ReadState::would_block);
        engine.send("HTTP/1.1 102 Processing\r\n\r\n");
        state = look_for_head();
    }

    EXPECT_EQ(state, http::ReadState::failed);
    EXPECT_EQ(error, ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, RefusesASwitchOfProtocols) {
    ask();
    engine.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");

    EXPECT_FALSE(head());
    EXPECT_EQ(error, ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, RefusesABadHeadAndDropsTheConnection) {
    ask();
    engine.send("HTTP/1.1 abc\r\n\r\n");

    EXPECT_FALSE(head());
    EXPECT_EQ(error, ErrorCode::upstream_bad_response);
    end();

    EXPECT_EQ(keeper.drops, 1);
}

TEST_F(ClientTest, RefusesAHeadWithoutEnd) {
    ask();
    std::string endless = "HTTP/1.1 200 OK\r\n";
    while (endless.size() <= k_response_limits.head)
        endless += "X: " + std::string(1000, 'x') + "\r\n";
    engine.send(endless);

    EXPECT_FALSE(head());
    EXPECT_EQ(error, ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, TellsAnEngineThatClosesWithoutAWord) {
    ask();
    engine.close();

    EXPECT_FALSE(head());
    EXPECT_EQ(error, ErrorCode::upstream_closed);
}

TEST_F(ClientTest, TellsAKeptConnectionThatWasDead) {
    connection->begin();  // it has served before
    ask();
    engine.close();

    EXPECT_FALSE(head());
    EXPECT_EQ(error, ErrorCode::upstream_reused_closed);
}

TEST_F(ClientTest, TellsATruncatedBody) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    engine.close();

    ASSERT_TRUE(head());
    EXPECT_EQ(body(), "hello");
    EXPECT_EQ(last, http::ReadState::failed);
    EXPECT_EQ(error, ErrorCode::upstream_closed);
    end();
    EXPECT_EQ(keeper.drops, 1);
}

TEST_F(ClientTest, TellsAChunkedBodyWithoutLastChunk) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    engine.close();

    ASSERT_TRUE(head());
    EXPECT_EQ(body(), "abc");
    EXPECT_EQ(last, http::ReadState::failed);
}

TEST_F(ClientTest, TellsABadChunk) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");

    ASSERT_TRUE(head());
    EXPECT_EQ(body(), "");
    EXPECT_EQ(error, ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, EndsABodyWithItsConnectionWhereNothingElseEndsIt) {
    ask();
    engine.read();  // a close with unread bytes would be a reset
    engine.send("HTTP/1.1 200 OK\r\n\r\nhello");
    engine.close();

    ASSERT_TRUE(head());
    EXPECT_EQ(body(), "hello");
    EXPECT_EQ(last, http::ReadState::end);
    end();
    EXPECT_EQ(keeper.drops, 1);
}

TEST_F(ClientTest, NeverTakesAResetForAnEnd) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(listener, name, length), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ASSERT_EQ(::getsockname(listener, name, &length), 0);
    const int ours = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(::connect(ours, name, length), 0);
    engine = Peer{::accept(listener, nullptr, nullptr)};
    ::close(listener);
    connection = std::make_unique<ClientConnection>(loop, ours);
    ask();
    engine.send("HTTP/1.1 200 OK\r\n\r\nhello");
    ASSERT_TRUE(head());
    ASSERT_EQ(exchange->try_read().state, http::ReadState::bytes);

    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(engine.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    engine.close();

    body();
    EXPECT_EQ(last, http::ReadState::failed);
    EXPECT_EQ(error, ErrorCode::upstream_closed);
}

TEST_F(ClientTest, ReadsNoBodyOfAnAnswerToHead) {
    ask(http::Method::head, "");
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");

    ASSERT_TRUE(head());
    EXPECT_EQ(exchange->try_read().state, http::ReadState::end);
    end();
    EXPECT_NE(keeper.kept, nullptr);
}

TEST_F(ClientTest, DropsAConnectionThatTheEngineWantsClosed) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

    ASSERT_TRUE(head());
    end();

    EXPECT_EQ(keeper.drops, 1);
    EXPECT_EQ(keeper.kept, nullptr);
}

TEST_F(ClientTest, DropsAConnectionWithBytesBehindTheResponse) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxEXTRA");

    ASSERT_TRUE(head());
    EXPECT_EQ(body(), "x");
    end();

    EXPECT_EQ(keeper.drops, 1);
}

TEST_F(ClientTest, CancelsUpstreamWhenDestroyedBeforeTheEnd) {
    ask();
    engine.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel");
    ASSERT_TRUE(head());

    end();
    penstock::test::turn(loop);

    EXPECT_EQ(keeper.drops, 1);
    engine.read();
    EXPECT_TRUE(engine.ended() || engine.was_reset());
}

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
    exchange->finish();

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

}  // namespace
}  // namespace penstock::h1
