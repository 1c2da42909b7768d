// Streams of a connection over a socket pair whose other end speaks the frames of an engine.
#include "penstock/h2/client.h"

#include <gtest/gtest.h>

#include "frame_scanner.h"
#include "frames.h"
#include "socket_pair.h"

namespace penstock::h2 {
namespace {

using penstock::test::Peer;
using penstock::test::run_until;
using Stream = std::unique_ptr<http::ClientStream>;
using test::List;

class Note final : public Waiter {
public:
    void wake() noexcept override { ++woken; }
    int woken = 0;
};

class UngreetedTest : public testing::Test, public ClientConnectionOwner {
protected:
    UngreetedTest() {
        penstock::test::SocketPair pair = penstock::test::socket_pair();
        engine = std::move(pair.peer);
        connection = std::make_unique<ClientConnection>(loop, net::Transport{loop, pair.ours},
                                                        ClientOptions{.streams = 3}, *this, shared);
        connection->start();
    }
    /// The engine's SETTINGS come: from here on all streams may be opened.
    void greet(std::string_view settings = test::settings()) {
        engine.send(settings);
        EXPECT_TRUE(run_until(loop, [this] { return greetings == 1; }));
    }
    void greeted(ClientConnection& /*connection*/) noexcept override { ++greetings; }
    void idle_changed(ClientConnection& /*connection*/) noexcept override { ++idle_changes; }
    void ended(ClientConnection& /*connection*/) noexcept override { connection.reset(); }

    Stream ask(std::string_view body = "") {
        Stream stream = connection->open();
        stream->send({.method = http::Method::post, .target = "/x", .authority = "a.test"}, body);
        return stream;
    }
    /// Frames of this type for this stream that the engine has got.
    int count_of(std::uint8_t type, std::int32_t id) const {
        FrameScanner scanner{test::k_preface.size()};
        std::string_view rest = engine.received();
        int count = 0;
        while (scanner.next(rest)) {
            if (scanner.header().type == type && scanner.header().stream == id) ++count;
        }
        return count;
    }
    /// Whether the engine gets a frame of this type for this stream.
    bool engine_gets(std::uint8_t type, std::int32_t id) {
        return run_until(loop, [&] {
            engine.read();
            return count_of(type, id) > 0;
        });
    }
    bool head(http::ClientStream& stream) {
        http::ReadState state = http::ReadState::would_block;
        EXPECT_TRUE(run_until(loop, [&] {
            state = stream.try_head(error);
            if (state == http::ReadState::would_block) stream.when_readable(&note);
            return state != http::ReadState::would_block;
        }));
        return state == http::ReadState::bytes;
    }
    std::string body(http::ClientStream& stream) {
        std::string all;
        EXPECT_TRUE(run_until(loop, [&] {
            for (;;) {
                const http::Received received = stream.try_read();
                last = received.state;
                error = received.error;
                if (last == http::ReadState::would_block) stream.when_readable(&note);
                if (last != http::ReadState::bytes) return last != http::ReadState::would_block;
                for (const std::string_view piece : received.payload) all += piece;
            }
        }));
        return all;
    }

    net::Loop loop;
    Peer engine;
    ClientShared shared;
    std::unique_ptr<ClientConnection> connection;
    Note note;
    int greetings = 0;
    int idle_changes = 0;
    ErrorCode error = ErrorCode::internal;
    http::ReadState last = http::ReadState::would_block;
};

class ClientStreamTest : public UngreetedTest {
protected:
    ClientStreamTest() { greet(); }
};

const List k_ok{{":status", "200"}};

TEST_F(ClientStreamTest, CarriesManyExchangesAtATime) {
    Stream first = ask();
    Stream second = ask("a body");
    ASSERT_TRUE(engine_gets(0, 3));

    engine.send(test::headers(3, k_ok, false) + test::data(3, "two", true) +
                test::headers(1, k_ok, false) + test::data(1, "one", true));

    EXPECT_TRUE(head(*first) && head(*second));
    EXPECT_EQ(body(*first), "one");
    EXPECT_EQ(body(*second), "two");
    EXPECT_EQ(last, http::ReadState::end);
    EXPECT_TRUE(second->request_sent());
    EXPECT_FALSE(first->reused());
}

TEST_F(ClientStreamTest, HasRoomForAsManyAsItMayAndNotOneMore) {
    std::vector<Stream> streams;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(connection->has_room());
        streams.push_back(ask());
    }
    EXPECT_FALSE(connection->has_room());
    streams.pop_back();
    EXPECT_TRUE(connection->has_room());
    EXPECT_EQ(idle_changes, 1);
}

TEST_F(UngreetedTest, HasRoomForOneUntilTheEngineSaysHowManyItTakes) {
    ASSERT_TRUE(connection->has_room());
    const Stream first = ask();
    EXPECT_FALSE(connection->has_room());

    greet(test::frame(4, 0, 0, test::number(3, 2) + test::number(2, 4)));

    EXPECT_EQ(connection->takes(), 2U);
    ASSERT_TRUE(connection->has_room());
    const Stream second = ask();
    EXPECT_FALSE(connection->has_room());
}

TEST_F(ClientStreamTest, CancelsWhatIsDestroyedAndLeavesTheOthersAlone) {
    Stream first = ask();
    Stream second = ask();
    ASSERT_TRUE(engine_gets(1, 3));

    first.reset();

    EXPECT_TRUE(engine_gets(3, 1));
    engine.send(test::headers(3, k_ok, false) + test::data(3, "on", true));
    EXPECT_TRUE(head(*second));
    EXPECT_EQ(body(*second), "on");
}

TEST_F(ClientStreamTest, SendsTrailersBehindABodyOfNoBytes) {
    Stream stream = connection->open();
    stream->send_head({.method = http::Method::post,
                       .target = "/x",
                       .authority = "a.test",
                       .framing = http::Framing::length});
    http::Fields trailers;
    trailers.append("x-checksum", "7");

    stream->finish(trailers);

    EXPECT_TRUE(run_until(loop, [&] {
        engine.read();
        return count_of(1, 1) == 2;
    }));
}

TEST_F(ClientStreamTest, ADeadConnectionFailsItsStreamsAndKeepsWhatTheyHaveHeard) {
    Stream whole = ask();
    Stream half = ask();
    Stream none = ask();
    ASSERT_TRUE(engine_gets(1, 5));
    engine.send(test::headers(1, k_ok, false) + test::data(1, "whole", true) +
                test::headers(3, k_ok, false) + test::data(3, "half"));
    ASSERT_TRUE(head(*whole) && head(*half));

    engine.close();

    EXPECT_TRUE(run_until(loop, [this] { return connection == nullptr; }));
    EXPECT_EQ(body(*whole), "whole");
    EXPECT_EQ(last, http::ReadState::end);
    EXPECT_EQ(body(*half), "half");
    EXPECT_EQ(last, http::ReadState::failed);
    EXPECT_EQ(error, ErrorCode::upstream_closed);
    EXPECT_FALSE(head(*none));
    EXPECT_EQ(error, ErrorCode::upstream_closed);
}

TEST_F(ClientStreamTest, MayBeSentAgainWhenTheConnectionHadBeenIdleAndDies) {
    Stream stream = ask();
    ASSERT_TRUE(engine_gets(1, 1));
    engine.send(test::headers(1, k_ok, true));
    ASSERT_TRUE(head(*stream));
    stream.reset();
    stream = ask();
    ASSERT_TRUE(engine_gets(1, 3));

    engine.close();

    EXPECT_FALSE(head(*stream));
    EXPECT_EQ(error, ErrorCode::upstream_reused_closed);
    EXPECT_TRUE(stream->reused());
}

TEST_F(ClientStreamTest, MayBeSentAgainWhenTheEngineRefusesIt) {
    Stream first = ask();
    Stream second = ask();
    ASSERT_TRUE(engine_gets(1, 3));

    engine.send(test::reset(3, 7));

    EXPECT_FALSE(head(*second));
    EXPECT_EQ(error, ErrorCode::upstream_reused_closed);
    second.reset();
    EXPECT_FALSE(connection->has_room());  // it works on one, and takes no more
    first.reset();
    EXPECT_TRUE(connection->has_room() || connection->streams() == 0);
}

TEST_F(ClientStreamTest, EndsAfterItsLastStreamOnceTheEngineSaysSo) {
    Stream stream = ask();
    ASSERT_TRUE(engine_gets(1, 1));

    engine.send(test::frame(7, 0, 0, test::number(1, 4) + test::number(0, 4)) +
                test::headers(1, k_ok, false));

    ASSERT_TRUE(head(*stream));
    EXPECT_FALSE(connection->has_room());
    engine.send(test::data(1, "to the end", true));
    EXPECT_EQ(body(*stream), "to the end");
    stream.reset();
    EXPECT_TRUE(run_until(loop, [this] { return !engine.read(); }));
    engine.close();
    EXPECT_TRUE(run_until(loop, [this] { return connection == nullptr; }));
}

TEST_F(ClientStreamTest, AProtocolErrorFailsAllStreamsAtOnce) {
    Stream stream = ask();
    ASSERT_TRUE(engine_gets(1, 1));

    engine.send(test::frame(8, 0, 0, test::number(0, 4)));  // a window that grows by nothing

    EXPECT_FALSE(head(*stream));
    EXPECT_EQ(error, ErrorCode::upstream_closed);
    EXPECT_TRUE(engine_gets(7, 0));
}

TEST_F(ClientStreamTest, SendsAStreamedBodyWithinTheEnginesWindow) {
    Stream stream = connection->open();
    stream->send_head({.method = http::Method::post,
                       .target = "/x",
                       .authority = "a.test",
                       .framing = http::Framing::chunked});
    const std::string piece(70'000, 'x');
    const std::string_view view = piece;

    EXPECT_EQ(stream->write({&view, 1}), http::Flow::blocked);

    ASSERT_TRUE(run_until(loop, [&] {
        engine.read();
        return engine.received().size() > 65'535;
    }));
    EXPECT_EQ(stream->write({}), http::Flow::open);  // the rest is a small one
    stream->finish({});
    EXPECT_FALSE(stream->request_sent());
    engine.send(test::window_update(1, 70'000) + test::window_update(0, 70'000));
    EXPECT_TRUE(run_until(loop, [&] { return stream->request_sent(); }));
}

TEST_F(ClientStreamTest, WakesAWriterOnceTheEngineOpensItsWindow) {
    Stream stream = connection->open();
    stream->send_head({.method = http::Method::post,
                       .target = "/x",
                       .authority = "a.test",
                       .framing = http::Framing::chunked});
    const std::string piece(100'000, 'x');
    const std::string_view view = piece;
    ASSERT_EQ(stream->write({&view, 1}), http::Flow::blocked);

    stream->when_writable(&note);
    for (int turns = 0; turns < 3; ++turns) penstock::test::turn(loop);
    EXPECT_EQ(note.woken, 0);
    engine.send(test::window_update(1, 70'000) + test::window_update(0, 70'000));

    EXPECT_TRUE(run_until(loop, [this] { return note.woken == 1; }));
}

TEST_F(ClientStreamTest, ClosesInOrderWhenItIsTold) {
    connection->close();

    EXPECT_FALSE(connection->has_room());
    EXPECT_TRUE(engine_gets(7, 0));
    engine.close();
    EXPECT_TRUE(run_until(loop, [this] { return connection == nullptr; }));
}

TEST_F(ClientStreamTest, OutlivesItsConnection) {
    Stream stream = ask("a body");
    connection.reset();
    EXPECT_FALSE(head(*stream));
    EXPECT_TRUE(stream->request_sent());
    const std::string_view more = "more";
    EXPECT_EQ(stream->write({&more, 1}), http::Flow::failed);
}

}  // namespace
}  // namespace penstock::h2
