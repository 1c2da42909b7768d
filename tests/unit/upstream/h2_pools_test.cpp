// HTTP/2 connections of a backend: filled before the next is opened, ended in order.
#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "frames.h"
#include "penstock/net/listener.h"
#include "penstock/net/loop.h"
#include "penstock/telemetry/metrics.h"
#include "penstock/upstream/pools.h"
#include "socket_pair.h"

namespace penstock::upstream {
namespace {

using penstock::test::Peer;
using penstock::test::run_until;
using Stream = std::unique_ptr<http::ClientStream>;
namespace frames = h2::test;

/// An engine that accepts and greets, whose connections the test plays.
class H2PoolsTest : public testing::Test {
protected:
    H2PoolsTest() {
        auto bound = net::bind_listener("127.0.0.1:0", 1);
        EXPECT_TRUE(bound.has_value());
        const std::string& local = bound->local_address;
        backend.address.host = "127.0.0.1";
        backend.address.port =
            static_cast<std::uint16_t>(std::stoul(local.substr(local.rfind(':') + 1)));
        backend.protocol = fleet::Protocol::h2c;
        backend.http2_streams = 2;
        acceptor = std::make_unique<net::Acceptor>(loop, bound->fds[0],
                                                   [this](const net::Transport& accepted) {
                                                       engines.emplace_back(::dup(accepted.fd()));
                                                       EXPECT_TRUE(engines.back().send(greeting));
                                                   });
    }

    std::vector<Task<Result<Stream>>> begin(std::size_t count) {
        std::vector<Task<Result<Stream>>> tasks;
        for (std::size_t i = 0; i < count; ++i) {
            tasks.push_back(pools.connect(backend));
            tasks.back().start([](void*) {}, nullptr);
        }
        return tasks;
    }
    static std::size_t done(const std::vector<Task<Result<Stream>>>& tasks) {
        return static_cast<std::size_t>(std::count_if(
            tasks.begin(), tasks.end(), [](const auto& each) { return each.done(); }));
    }
    std::vector<Stream> connect(std::size_t count) {
        std::vector<Task<Result<Stream>>> tasks = begin(count);
        std::vector<Stream> streams;
        for (Task<Result<Stream>>& each : tasks) {
            EXPECT_TRUE(run_until(loop, [&] { return each.done(); }));
            Result<Stream> stream = each.take();
            EXPECT_TRUE(stream.has_value());
            if (stream) streams.push_back(std::move(*stream));
        }
        return streams;
    }
    /// As soon as the engine has greeted.
    Stream reuse() {
        Stream stream;
        EXPECT_TRUE(run_until(loop, [&] {
            stream = pools.reuse(backend);
            return stream != nullptr;
        }));
        return stream;
    }
    bool engines_are(std::size_t count) {
        const bool so = run_until(loop, [&] { return engines.size() >= count; });
        penstock::test::turn(loop);
        return so && engines.size() == count;
    }
    /// Nothing more comes from us on this connection: GOAWAY and the end.
    bool ends(Peer& engine) {
        return run_until(loop, [&] { return !engine.read(); });
    }

    net::Loop loop;
    telemetry::WorkerMetrics metrics;
    fleet::Backend backend;
    std::string greeting = frames::settings();
    std::vector<Peer> engines;
    std::unique_ptr<net::Acceptor> acceptor;
    Pools pools{loop, metrics};
};

TEST_F(H2PoolsTest, ABurstWaitsForTheConnectionThatIsBeingMade) {
    const std::vector<Stream> streams = connect(2);
    EXPECT_EQ(streams.size(), 2U);
    EXPECT_TRUE(engines_are(1));
}

TEST_F(H2PoolsTest, OpensAnotherWhenOneIsFull) {
    const std::vector<Stream> streams = connect(5);
    EXPECT_EQ(streams.size(), 5U);
    EXPECT_TRUE(engines_are(3));
}

TEST_F(H2PoolsTest, ABurstWaitsForTheEnginesWordHowManyItTakes) {
    backend.http2_streams = 100;
    greeting.clear();
    std::vector<Task<Result<Stream>>> tasks = begin(5);
    ASSERT_TRUE(run_until(loop, [&] { return done(tasks) > 0; }));
    EXPECT_TRUE(engines_are(1));
    EXPECT_EQ(done(tasks), 1U);

    greeting = frames::frame(4, 0, 0, frames::number(3, 2) + frames::number(2, 4));
    EXPECT_TRUE(engines[0].send(greeting));

    ASSERT_TRUE(run_until(loop, [&] { return done(tasks) == 5; }));
    for (Task<Result<Stream>>& each : tasks) EXPECT_TRUE(each.take().has_value());
    EXPECT_TRUE(engines_are(3));
}

TEST_F(H2PoolsTest, WhoWaitsForAGreetingIsToldThatTheConnectionHasEnded) {
    greeting.clear();
    std::vector<Task<Result<Stream>>> tasks = begin(2);
    ASSERT_TRUE(run_until(loop, [&] { return done(tasks) == 1 && engines.size() == 1; }));

    engines[0] = Peer{};

    ASSERT_TRUE(run_until(loop, [&] { return done(tasks) == 2; }));
    EXPECT_TRUE(tasks[0].take().has_value());
    EXPECT_EQ(tasks[1].take().error().code(), ErrorCode::connect_failed);
}

TEST_F(H2PoolsTest, AnEngineThatDoesNotGreetInTimeGetsTheOthersAllTheSame) {
    pools.configure({.connect_timeout = Millis{50}});
    backend.http2_streams = 100;
    greeting.clear();

    const std::vector<Stream> streams = connect(5);

    EXPECT_EQ(streams.size(), 5U);
    EXPECT_TRUE(engines_are(1));
}

TEST_F(H2PoolsTest, WhoHasNoMoreTimeDoesNotWaitForAGreeting) {
    pools.configure({.connect_timeout = Millis{60'000}});
    greeting.clear();
    const std::vector<Stream> first = connect(1);
    Task<Result<Stream>> hurried = pools.connect(backend, loop.now() + Millis{20});
    hurried.start([](void*) {}, nullptr);

    ASSERT_TRUE(run_until(loop, [&] { return hurried.done(); }));
    EXPECT_EQ(hurried.take().error().code(), ErrorCode::connect_timeout);
}

TEST_F(H2PoolsTest, FillsAConnectionThatIsThere) {
    std::vector<Stream> streams = connect(1);
    Stream second = reuse();
    EXPECT_EQ(pools.reuse(backend), nullptr);
    EXPECT_EQ(pools.join(backend), nullptr);
    second.reset();
    EXPECT_NE(pools.join(backend), nullptr);
    EXPECT_TRUE(engines_are(1));
}

TEST_F(H2PoolsTest, JoinsNoConnectionOfHttp1) {
    backend.protocol = fleet::Protocol::automatic;
    EXPECT_EQ(pools.join(backend), nullptr);
}

TEST_F(H2PoolsTest, ANewProtocolTakesEffectOnNewConnections) {
    std::vector<Stream> streams = connect(1);
    backend.protocol = fleet::Protocol::http_1_1;
    EXPECT_EQ(pools.reuse(backend), nullptr);
    connect(1);
    EXPECT_TRUE(engines_are(2));
}

TEST_F(H2PoolsTest, EndsWhatHasBeenIdleForTooLong) {
    pools.configure({.idle_timeout = Millis{50}});
    connect(1);
    EXPECT_TRUE(ends(engines.at(0)));
    EXPECT_EQ(pools.reuse(backend), nullptr);
}

TEST_F(H2PoolsTest, AConnectionThatIsSilentGetsNoMoreStreamsUntilItIsHeard) {
    pools.configure({.ping_after = Millis{0}, .ping_timeout = Millis{0}});
    backend.http2_streams = 100;
    std::vector<Stream> streams = connect(1);
    streams.push_back(reuse());  // with it goes a PING
    EXPECT_EQ(pools.reuse(backend), nullptr);
    ASSERT_TRUE(engines_are(1));

    EXPECT_TRUE(engines[0].send(frames::window_update(0, 1)));

    EXPECT_TRUE(run_until(loop, [&] {
        streams.push_back(pools.reuse(backend));
        return streams.back() != nullptr;
    }));
}

TEST_F(H2PoolsTest, KeepsAConnectionThatIsInUse) {
    pools.configure({.idle_timeout = Millis{1}});
    backend.http2_streams = 1;
    std::vector<Stream> streams = connect(2);
    ASSERT_TRUE(engines_are(2));
    streams.pop_back();
    ASSERT_TRUE(run_until(loop, [&] { return !engines[0].read() || !engines[1].read(); }));
    EXPECT_TRUE(engines[0].read() || engines[1].read());
}

TEST_F(H2PoolsTest, WhatIsTooOldTakesNoStreamsAndEndsWithItsLast) {
    pools.configure({.max_age = Millis{50}});
    backend.http2_streams = 100;
    std::vector<Stream> streams = connect(1);
    // Until the connection is passed over.
    ASSERT_TRUE(run_until(loop, [&] {
        std::vector<Task<Result<Stream>>> tasks = begin(1);
        return run_until(loop, [&] { return tasks[0].done(); }) && engines.size() == 2;
    }));
    penstock::test::turn(loop);
    EXPECT_TRUE(engines[0].read());

    streams.clear();

    EXPECT_TRUE(ends(engines[0]));
}

TEST_F(H2PoolsTest, ABackendThatLeftKeepsItsStreamsToTheirEnd) {
    std::vector<Stream> streams = connect(1);
    pools.forget(backend.slot);
    penstock::test::turn(loop);
    EXPECT_TRUE(engines.at(0).read());
    EXPECT_EQ(pools.reuse(backend), nullptr);
    streams.clear();
    EXPECT_TRUE(ends(engines.at(0)));
}

TEST_F(H2PoolsTest, TellsAllWhoWaitThatThePortRefuses) {
    acceptor.reset();
    std::vector<Task<Result<Stream>>> tasks;
    for (int i = 0; i < 2; ++i) {
        tasks.push_back(pools.connect(backend));
        tasks.back().start([](void*) {}, nullptr);
    }
    for (Task<Result<Stream>>& each : tasks) {
        ASSERT_TRUE(run_until(loop, [&] { return each.done(); }));
        const Result<Stream> stream = each.take();
        ASSERT_FALSE(stream.has_value());
        EXPECT_EQ(stream.error().code(), ErrorCode::connect_failed);
    }
}

TEST_F(H2PoolsTest, WhatIsBeingMadeForABackendThatLeftServesNobody) {
    {
        Task<Result<Stream>> task = pools.connect(backend);
        task.start([](void*) {}, nullptr);
    }
    pools.forget(backend.slot);
    penstock::test::turn(loop);
    EXPECT_EQ(pools.reuse(backend), nullptr);
    connect(1);  // and its slot serves the next
    EXPECT_NE(pools.reuse(backend), nullptr);
}

TEST_F(H2PoolsTest, MayBeAbandonedWhileItConnects) {
    {
        Task<Result<Stream>> task = pools.connect(backend);
        task.start([](void*) {}, nullptr);
    }
    EXPECT_TRUE(engines_are(1));
    EXPECT_NE(pools.reuse(backend), nullptr);  // it stands, for the next
}

}  // namespace
}  // namespace penstock::upstream
