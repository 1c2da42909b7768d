#include "client_bench.h"

namespace penstock::h1 {
namespace {

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
    connection = std::make_unique<ClientConnection>(loop, net::Transport{loop, ours});
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

}  // namespace
}  // namespace penstock::h1
