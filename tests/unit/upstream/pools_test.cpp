#include "penstock/upstream/pools.h"

#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "penstock/net/listener.h"
#include "penstock/net/loop.h"
#include "penstock/telemetry/metrics.h"
#include "socket_pair.h"

namespace penstock::upstream {
namespace {

using penstock::test::Peer;
using penstock::test::run_until;
using Stream = std::unique_ptr<http::ClientStream>;

/// An engine that accepts, whose connections the test plays.
class PoolsTest : public testing::Test {
protected:
    PoolsTest() {
        auto bound = net::bind_listener("127.0.0.1:0", 1);
        EXPECT_TRUE(bound.has_value());
        const std::string& local = bound->local_address;
        backend.address.host = "127.0.0.1";
        backend.address.port =
            static_cast<std::uint16_t>(std::stoul(local.substr(local.rfind(':') + 1)));
        acceptor = std::make_unique<net::Acceptor>(
            loop, bound->fds[0],
            [this](const net::Transport& accepted) { engines.emplace_back(::dup(accepted.fd())); });
    }

    Result<Stream> connect() {
        Task<Result<Stream>> task = pools.connect(backend);
        task.start([](void*) {}, nullptr);
        EXPECT_TRUE(run_until(loop, [&] { return task.done(); }));
        return task.take();
    }
    /// A fresh connection with the engine's end of it.
    Stream connected() {
        const std::size_t before = engines.size();
        Result<Stream> stream = connect();
        EXPECT_TRUE(stream.has_value());
        EXPECT_TRUE(run_until(loop, [&] { return engines.size() == before + 1; }));
        return std::move(*stream);
    }
    /// One whole exchange, after which the stream goes back to its pool.
    void serve(Stream stream, Peer& engine) {
        stream->send({.target = "/", .authority = "e"}, "");
        engine.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        ErrorCode error = ErrorCode::internal;
        ASSERT_TRUE(
            run_until(loop, [&] { return stream->try_head(error) == http::ReadState::bytes; }));
        ASSERT_EQ(stream->try_read().state, http::ReadState::end);
    }
    void serve_one() {
        Stream stream = connected();
        serve(std::move(stream), engines.back());
    }
    /// The number of the engine's connection that receives what is sent on `stream`.
    std::optional<std::size_t> where(http::ClientStream& stream) {
        for (Peer& engine : engines) static_cast<void>(engine.take());
        stream.send({.target = "/who", .authority = "e"}, "");
        std::optional<std::size_t> found;
        EXPECT_TRUE(run_until(loop, [&] {
            for (std::size_t i = 0; i < engines.size(); ++i) {
                engines[i].read();
                if (engines[i].received().find("/who") != std::string::npos) found = i;
            }
            return found.has_value();
        }));
        return found;
    }

    net::Loop loop;
    telemetry::WorkerMetrics metrics;
    Pools pools{loop, metrics};
    fleet::Backend backend;
    std::vector<Peer> engines;
    std::unique_ptr<net::Acceptor> acceptor;
};

TEST_F(PoolsTest, HasNothingToReuseAtFirst) {
    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, ConnectsAndServes) {
    Stream stream = connected();

    EXPECT_FALSE(stream->reused());
    EXPECT_EQ(where(*stream), 0U);
}

TEST_F(PoolsTest, ReusesAConnectionAfterACleanEnd) {
    serve_one();

    Stream again = pools.reuse(backend);

    ASSERT_NE(again, nullptr);
    EXPECT_TRUE(again->reused());
    EXPECT_EQ(where(*again), 0U);
    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, KeepsNoConnectionThatIsTooOld) {
    pools.configure({.max_age = Millis{1}});
    Stream stream = connected();
    const TimePoint old = loop.now() + Millis{2};
    ASSERT_TRUE(run_until(loop, [&] { return loop.coarse_now() > old; }));

    serve(std::move(stream), engines.back());

    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, RanksOfAServerShareItsConnections) {
    backend.slot = 4;
    serve_one();

    backend.slot = 9;
    backend.rank = fleet::Rank{.number = 1, .first = 4};

    EXPECT_NE(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, ReusesNoConnectionThatWasMadeForAnotherName) {
    backend.tls.server_name = "a.test";
    serve_one();

    backend.tls.server_name = "b.test";

    EXPECT_EQ(pools.reuse(backend), nullptr);
    backend.tls.server_name = "a.test";
    EXPECT_EQ(pools.reuse(backend), nullptr);  // it is closed
}

TEST_F(PoolsTest, ReusesTheNewestFirst) {
    Stream first = connected();
    Stream second = connected();
    serve(std::move(first), engines[0]);
    serve(std::move(second), engines[1]);

    Stream newest = pools.reuse(backend);
    Stream oldest = pools.reuse(backend);

    ASSERT_TRUE(newest && oldest);
    EXPECT_EQ(where(*newest), 1U);
    EXPECT_EQ(where(*oldest), 0U);
}

TEST_F(PoolsTest, KeepsNoConnectionThatWasCancelled) {
    Stream stream = connected();
    stream->send({.target = "/", .authority = "e"}, "");

    stream.reset();

    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, KeepsBackendsApart) {
    serve_one();
    fleet::Backend other = backend;
    other.slot = 1;

    EXPECT_EQ(pools.reuse(other), nullptr);
    EXPECT_NE(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, NoticesThatAnIdleConnectionDies) {
    serve_one();

    engines[0].close();
    penstock::test::turn(loop);

    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, DoesNotReuseAConnectionThatDiedUnnoticed) {
    serve_one();

    engines[0].close();  // and no turn of the loop

    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, DoesNotReuseAConnectionOnWhichSomethingUnaskedCame) {
    serve_one();

    engines[0].send("HTTP/1.1 408 Request Timeout\r\n\r\n");
    penstock::test::turn(loop);

    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, ClosesWhatHasBeenIdleForTooLong) {
    pools.configure({.idle_timeout = Millis{50}});
    serve_one();

    ASSERT_TRUE(run_until(loop, [&] { return !engines[0].read(); }));

    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(PoolsTest, KeepsAsManyAsItMayAndNotOneMore) {
    pools.configure({.idle_max = 1});
    Stream first = connected();
    Stream second = connected();

    serve(std::move(first), engines[0]);
    serve(std::move(second), engines[1]);

    EXPECT_NE(pools.reuse(backend), nullptr);
    EXPECT_EQ(pools.reuse(backend), nullptr);
    EXPECT_TRUE(run_until(loop, [&] { return !engines[1].read(); }));
}

TEST_F(PoolsTest, ForgetsTheConnectionsOfABackendThatLeft) {
    serve_one();

    pools.forget(backend.slot);
    pools.forget(4000);  // nobody was ever there

    EXPECT_EQ(pools.reuse(backend), nullptr);
    EXPECT_TRUE(run_until(loop, [&] { return !engines[0].read(); }));
}

TEST_F(PoolsTest, TellsAPortThatRefuses) {
    acceptor.reset();  // closes the listening socket

    const Result<Stream> stream = connect();

    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code(), ErrorCode::connect_failed);
    EXPECT_FALSE(stream.error().detail().empty());
}

TEST_F(PoolsTest, TellsAUnixSocketThatIsNotThere) {
    backend.address.unix_path = "/nonexistent/engine.sock";

    const Result<Stream> stream = connect();

    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code(), ErrorCode::connect_failed);
}

TEST_F(PoolsTest, TellsAPathThatIsTooLong) {
    backend.address.unix_path = std::string(200, 'x');

    const Result<Stream> stream = connect();

    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code(), ErrorCode::connect_failed);
}

TEST_F(PoolsTest, ConnectsNoLongerThanItIsAllowed) {
    Task<Result<Stream>> task = pools.connect(backend, loop.now());
    task.start([](void*) {}, nullptr);

    ASSERT_TRUE(run_until(loop, [&] { return task.done(); }));
    const Result<Stream> stream = task.take();
    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code(), ErrorCode::connect_timeout);
    EXPECT_TRUE(engines.empty());
}

TEST_F(PoolsTest, MayBeAbandonedWhileItConnects) {
    {
        Task<Result<Stream>> task = pools.connect(backend);
        task.start([](void*) {}, nullptr);
    }

    penstock::test::turn(loop);
    EXPECT_EQ(pools.reuse(backend), nullptr);
}

}  // namespace
}  // namespace penstock::upstream
