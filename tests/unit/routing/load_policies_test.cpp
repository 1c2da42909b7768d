#include <gtest/gtest.h>

#include "sheets.h"

namespace penstock::routing {
namespace {

TEST(LeastLoad, TakesTheOneWithFewestRequests) {
    auto sheet = test::idle_sheet(3);
    sheet[0].running = 3;
    sheet[1].running = 1;
    sheet[1].waiting = 1;
    sheet[2].running = 4;
    Rng rng{1};

    const Decision decision = test::policy(PolicyName::least_load)->decide({}, sheet, rng);

    EXPECT_EQ(decision.row, 1U);
    EXPECT_EQ(decision.reason, Reason::load);
}

TEST(LeastLoad, CountsNeverLessThanItsOwnRequests) {
    auto sheet = test::idle_sheet(2);
    sheet[0].in_flight = 8;
    sheet[1].running = 5;
    Rng rng{1};

    EXPECT_EQ(test::policy(PolicyName::least_load)->decide({}, sheet, rng).row, 1U);
}

TEST(RoundRobin, GivesEachItsTurn) {
    auto sheet = test::idle_sheet(4);
    sheet[2].unfit = fleet::k_draining;
    const auto policy = test::policy(PolicyName::round_robin);
    Rng rng{1};
    std::vector<std::uint32_t> rows;

    for (std::uint64_t i = 0; i < 6; ++i) {
        rows.push_back(policy->decide({.sequence = i}, sheet, rng).row);
    }

    EXPECT_EQ(rows, (std::vector<std::uint32_t>{0, 1, 3, 0, 1, 3}));
}

TEST(RoundRobin, NeverLeavesAWeightedOneOutForLong) {
    auto sheet = test::idle_sheet(2);
    sheet[0].weight = 1;
    sheet[1].weight = 4;
    const auto policy = test::policy(PolicyName::round_robin);
    Rng rng{1};
    std::uint64_t last = 0;

    for (std::uint64_t i = 0; i < 1000; ++i) {
        if (policy->decide({.sequence = i}, sheet, rng).row == 0) {
            EXPECT_LE(i - last,
                      8U);  // even spread: at most a few turns over the mean distance of 5
            last = i;
        }
    }
}

TEST(PowerOfTwo, NeverTakesTheMostLoadedOfThree) {
    auto sheet = test::idle_sheet(3);
    sheet[1].running = 7;

    const auto picks = test::histogram(*test::policy(PolicyName::power_of_two), {}, sheet, 3000);

    EXPECT_EQ(picks[1], 0U);
}

TEST(Random, DoesNotLookAtLoad) {
    auto sheet = test::idle_sheet(2);
    sheet[1].running = 1000;

    const auto picks = test::histogram(*test::policy(PolicyName::random), {}, sheet, 10'000);

    EXPECT_NEAR(picks[1], 5000, 250);
}

TEST(Names, AreThoseOfTheConfig) {
    EXPECT_EQ(test::policy(PolicyName::prefix_load)->name(), "prefix_load");
    EXPECT_EQ(test::policy(PolicyName::power_of_two)->name(), "power_of_two");
    EXPECT_EQ(name(Reason::chance), "chance");
    EXPECT_EQ(name(Term::adapter), "adapter");
}

TEST(Policies, AskTheIndexOnlyWhereTheyReadIt) {
    EXPECT_TRUE(test::policy(PolicyName::prefix_load)->reads_prefix());
    EXPECT_FALSE(test::policy(PolicyName::prefix_hash)->reads_prefix());
    EXPECT_FALSE(test::policy(PolicyName::least_load)->reads_prefix());
}

}  // namespace
}  // namespace penstock::routing
