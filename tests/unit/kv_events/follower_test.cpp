// The follower against a publisher, over real sockets on this machine.
#include "penstock/kv_events/follower.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "penstock/kv_events/publisher.h"
#include "penstock/net/loop.h"

namespace penstock::kv_events {

namespace {

class NoBlocks final : public HeldBlocks {
public:
    void stored(fleet::Slot, std::span<const std::uint64_t>) override {}
    void removed(fleet::Slot, std::span<const std::uint64_t>) override {}
    void cleared(fleet::Slot) override { ++times_cleared; }
    int times_cleared = 0;
};

/// One publisher tells of one cache, whatever rank it says it is.
Batch storing(std::uint64_t hash) {
    return {
        .rank = 5,
        .events = {
            {.kind = Event::Kind::stored, .hashes = {hash}, .tokens = {1, 2}, .block_size = 2}}};
}

class FollowerTest : public testing::Test {
protected:
    void open(bool replays) {
        Publisher::Options options{.events = "tcp://127.0.0.1:*"};
        if (replays) options.replays = "tcp://127.0.0.1:*";
        auto opened = Publisher::open(loop, options);
        ASSERT_TRUE(opened) << opened.error().detail();
        publisher = std::move(*opened);
        follower.follow({followed(replays)});
    }
    [[nodiscard]] Follower::Followed followed(bool replays) const {
        return {
            {.slot = 3,
             .events = {publisher->events()},
             .replays = replays ? std::vector{publisher->replays()} : std::vector<std::string>{}},
            counts};
    }
    template <class Condition>
    bool until(Condition condition) {
        const auto deadline = Clock::now() + std::chrono::seconds{20};
        while (!condition() && Clock::now() < deadline) {
            loop.context().run_one_for(Millis{20});
        }
        return condition();
    }
    /// Publishes until something arrives: who subscribes late has missed what came before.
    bool begin() {
        return until([this] {
            if (counts->stored == 0) publisher->publish(storing(++hash), 0);
            return counts->state == State::following;
        });
    }

    net::Loop loop;
    NoBlocks held;
    std::shared_ptr<Counts> counts = std::make_shared<Counts>();
    std::vector<State> states;
    Follower follower{loop,
                      held,
                      {.changed = [this](fleet::Slot, State state) { states.push_back(state); },
                       .told = [](fleet::Slot, std::string_view) {}}};
    std::unique_ptr<Publisher> publisher;
    std::uint64_t hash = 0;
};

TEST_F(FollowerTest, FollowsAPublisher) {
    open(false);

    ASSERT_TRUE(begin());
    const std::uint64_t before = counts->stored;
    publisher->publish(storing(++hash), 0);

    EXPECT_TRUE(until([&] { return counts->stored > before; }));
    EXPECT_GT(counts->engine_blocks, 0U);
}

TEST_F(FollowerTest, LearnsByAReplayWhatCameBefore) {
    auto opened = Publisher::open(loop, {"tcp://127.0.0.1:*", "tcp://127.0.0.1:*", Form::array});
    ASSERT_TRUE(opened);
    publisher = std::move(*opened);
    for (int i = 0; i < 50; ++i) publisher->publish(storing(++hash), 0);

    follower.follow({followed(true)});

    ASSERT_TRUE(begin());
    EXPECT_TRUE(until([&] { return counts->stored >= 50; }));
    EXPECT_EQ(counts->replays, 1U);
    EXPECT_EQ(counts->replays_failed, 0U);
    EXPECT_EQ(counts->gaps, 0U);
}

TEST_F(FollowerTest, SeesARestart) {
    open(false);
    ASSERT_TRUE(begin());
    publisher->publish(storing(++hash), 0);

    publisher->restart();
    publisher->publish(storing(++hash), 0);

    EXPECT_TRUE(until([&] { return counts->restarts == 1; }));
    EXPECT_EQ(held.times_cleared, 1);
}

TEST_F(FollowerTest, HoldsWhatTheNewProcessToldAlone) {
    open(false);
    ASSERT_TRUE(begin());
    publisher->publish(storing(++hash), 0);

    publisher->restart();
    publisher->publish(storing(++hash), 0);  // another process: what it holds is this alone

    ASSERT_TRUE(until([&] { return counts->restarts == 1; }));
    EXPECT_EQ(counts->engine_blocks, 1U);
}

TEST_F(FollowerTest, TellsWhenItIsCutOff) {
    open(false);
    ASSERT_TRUE(begin());

    publisher.reset();

    EXPECT_TRUE(until([&] { return counts->state == State::disconnected; }));
    EXPECT_EQ(states.back(), State::disconnected);
}

TEST_F(FollowerTest, TellsOfAnEngineThatWorksInSilence) {
    open(false);
    for (int i = 0; i < 8; ++i) {
        follower.served({.slot = 3, .blocks = {1}, .tokens = 100, .sent = loop.now()});
    }

    EXPECT_EQ(counts->state, State::silent);

    ASSERT_TRUE(begin());
    EXPECT_EQ(counts->state, State::following);
}

TEST_F(FollowerTest, FollowsNobodyAnyMore) {
    open(false);
    ASSERT_TRUE(begin());

    follower.follow({});

    publisher->publish(storing(++hash), 0);
    EXPECT_FALSE(states.empty());
}

TEST(RankEndpoints, RaiseThePort) {
    EXPECT_EQ(rank_endpoints("tcp://host:5557", 3),
              (std::vector<std::string>{"tcp://host:5557", "tcp://host:5558", "tcp://host:5559"}));
    EXPECT_EQ(rank_endpoints("ipc:///tmp/events", 2),
              std::vector<std::string>{"ipc:///tmp/events"});
}

}  // namespace

}  // namespace penstock::kv_events
