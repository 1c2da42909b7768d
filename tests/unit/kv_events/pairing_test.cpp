#include "pairing.h"

#include <gtest/gtest.h>

namespace penstock::kv_events {

namespace {

constexpr std::uint32_t k_long = 5'000;  // blocks of one token

TimePoint at(int ms) {
    return TimePoint{} + Millis{1'000'000 + ms};
}

/// Many growths at one time, each of which seems to be the prompt's, and has its end far behind.
class CrowdedPairing : public testing::Test {
protected:
    CrowdedPairing() {
        for (PathKey key = 1; key <= k_long; ++key) {
            paths.hold(key,
                       {.parent = key - 1, .root = 1, .tokens = static_cast<std::uint32_t>(key)});
        }
        for (std::uint64_t batch = 0; batch < Growths::k_max; ++batch) {
            growths.add({.at = at(0),
                         .from = 1'000'000 + batch,
                         .tip = k_long,
                         .root = 1,
                         .end = k_long,
                         .prompt_end = k_long,
                         .block_size = 1,
                         .batch = batch});
        }
    }

    TokenPaths paths;
    Growths growths;
    Pairing pairing{paths};
    const fleet::ServedPrompt prompt{
        .blocks = {77}, .bytes = 64, .tokens = 1, .sent = at(-10), .ended = at(10)};
};

TEST_F(CrowdedPairing, ConcludesNothingOnceItsStepsHaveEnded) {
    Steps steps{20'000};

    const Pairing::Outcome outcome = pairing.pair(prompt, growths, steps);

    EXPECT_FALSE(outcome.found);
    EXPECT_TRUE(steps.spent());
    EXPECT_GT(steps.left(), -20'000);
    EXPECT_FALSE(growths.all().back().claimed);
}

TEST_F(CrowdedPairing, LooksAtEachGrowthWhereTheStepsSuffice) {
    growths.clear();
    growths.add({.at = at(0),
                 .from = 1'000'000,
                 .tip = k_long,
                 .root = 1,
                 .end = k_long,
                 .prompt_end = k_long,
                 .block_size = 1});
    Steps steps{20'000};

    EXPECT_TRUE(pairing.pair(prompt, growths, steps).found);
    EXPECT_FALSE(steps.spent());
}

TEST(Steps, ComeBackUpToTheMost) {
    Steps steps{1};
    EXPECT_TRUE(steps.take());
    EXPECT_FALSE(steps.take());
    EXPECT_TRUE(steps.spent());

    steps.refill(10, 100);
    EXPECT_EQ(steps.left(), 9);
    steps.refill(1'000, 100);
    EXPECT_EQ(steps.left(), 100);
}

}  // namespace

}  // namespace penstock::kv_events
