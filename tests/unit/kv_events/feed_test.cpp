#include "feed.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::kv_events {

namespace {

/// Writes down what it is told. A batch's rank says which one it was.
class Notes final : public FeedSink {
public:
    void apply(const Batch& batch) override { all.push_back(std::to_string(batch.rank)); }
    void lost() override { all.emplace_back("lost"); }
    void restarted() override { all.emplace_back("restarted"); }
    void want_replay(std::uint64_t from) override {
        all.push_back("replay from " + std::to_string(from));
    }
    std::vector<std::string> all;
};

Batch numbered(std::uint32_t number) {
    return {.rank = number, .events = {}};
}

using Told = std::vector<std::string>;

struct Fed {
    explicit Fed(bool replays) : feed{notes, replays} {}
    void live(std::initializer_list<std::uint32_t> numbers) {
        for (const std::uint32_t each : numbers) feed.live(each, numbered(each));
    }
    void replayed(std::initializer_list<std::uint32_t> numbers) {
        for (const std::uint32_t each : numbers) feed.replayed(each, numbered(each));
    }
    Notes notes;
    Feed feed;
};

TEST(Feed, AppliesBatchesInOrder) {
    Fed fed{false};

    fed.live({0, 1, 2});

    EXPECT_EQ(fed.notes.all, (Told{"0", "1", "2"}));
}

TEST(Feed, BeginsAnywhereWithoutReplay) {
    Fed fed{false};

    fed.live({7, 8});

    EXPECT_EQ(fed.notes.all, (Told{"7", "8"}));
}

TEST(Feed, LearnsWhatWasBeforeByAReplay) {
    Fed fed{true};

    fed.live({7, 8});
    fed.replayed({5, 6, 7, 8});
    fed.feed.replay_ended();
    fed.live({9});

    EXPECT_EQ(fed.notes.all, (Told{"replay from 0", "5", "6", "7", "8", "9"}));
}

TEST(Feed, AsksForNoReplayOfABeginningThatItHeard) {
    Fed fed{true};

    fed.live({0, 1});

    EXPECT_EQ(fed.notes.all, (Told{"0", "1"}));
}

TEST(Feed, TellsOfALossWithoutReplay) {
    Fed fed{false};

    fed.live({0, 3});

    EXPECT_EQ(fed.notes.all, (Told{"0", "lost", "3"}));
}

TEST(Feed, FillsAGapByAReplayWithoutALoss) {
    Fed fed{true};

    fed.live({0, 3, 4});
    fed.replayed({1, 2, 3});
    fed.feed.replay_ended();

    EXPECT_EQ(fed.notes.all, (Told{"0", "replay from 1", "1", "2", "3", "4"}));
}

TEST(Feed, TellsOfALossThatTheReplayDidNotFill) {
    Fed fed{true};

    fed.live({0, 9});
    fed.replayed({8});
    fed.feed.replay_ended();

    EXPECT_EQ(fed.notes.all, (Told{"0", "replay from 1", "lost", "8", "9"}));
}

TEST(Feed, GoesOnWhenNoReplayComes) {
    Fed fed{true};

    fed.live({0, 2, 3});
    fed.feed.replay_ended();
    fed.live({4});

    EXPECT_EQ(fed.notes.all, (Told{"0", "replay from 1", "lost", "2", "3", "4"}));
}

TEST(Feed, SeesARestartByNumbersThatBeginAnew) {
    Fed fed{true};

    fed.live({0, 1, 2, 0, 1});

    EXPECT_EQ(fed.notes.all, (Told{"0", "1", "2", "restarted", "0", "1"}));
}

TEST(Feed, AsksTheNewProcessForItsBeginning) {
    Fed fed{true};

    fed.live({0, 1, 2, 1});

    EXPECT_EQ(fed.notes.all, (Told{"0", "1", "2", "restarted", "replay from 0"}));
}

TEST(Feed, IgnoresAReplayThatNobodyWaitsFor) {
    Fed fed{true};

    fed.live({0});
    fed.replayed({1});
    fed.feed.replay_ended();

    EXPECT_EQ(fed.notes.all, Told{"0"});
}

TEST(Feed, GivesUpAReplayThatLastsTooLong) {
    Fed fed{true};
    fed.live({1});

    for (std::uint32_t i = 0; i < Feed::k_held_max - 1; ++i) fed.live({2 + i});
    EXPECT_TRUE(fed.feed.replaying());
    fed.live({static_cast<std::uint32_t>(Feed::k_held_max) + 1});

    EXPECT_FALSE(fed.feed.replaying());
    EXPECT_EQ(fed.notes.all.size(), 2 + Feed::k_held_max);
}

TEST(Feed, GivesUpAReplayThatMakesItHoldTooMuch) {
    constexpr std::size_t k_tokens = Feed::k_held_bytes_max / 4 / sizeof(std::uint32_t);
    Fed fed{true};
    const auto large = [&](std::uint32_t number) {
        fed.feed.live(
            number, {.rank = number, .events = {{.tokens = std::vector<std::uint32_t>(k_tokens)}}});
    };

    for (std::uint32_t number = 1; number < 4; ++number) large(number);
    EXPECT_TRUE(fed.feed.replaying());
    large(4);

    EXPECT_FALSE(fed.feed.replaying());
    EXPECT_EQ(fed.notes.all, (Told{"replay from 0", "1", "2", "3", "4"}));
}

TEST(Feed, ForgetsItsCount) {
    Fed fed{false};
    fed.live({5});

    fed.feed.forget();
    fed.live({2});

    EXPECT_EQ(fed.notes.all, (Told{"5", "2"}));
}

}  // namespace

}  // namespace penstock::kv_events
