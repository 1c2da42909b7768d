#include "penstock/fleet/charge.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

TEST(Charge, CountsTheRequestAndItsTokens) {
    CounterSlab slab;

    const auto charge = Charge::try_charge(slab[3], 0, 500);

    ASSERT_TRUE(charge.has_value());
    EXPECT_EQ(slab.in_flight(3), 1U);
    EXPECT_EQ(slab[3].prompt_tokens_started, 500U);
    EXPECT_EQ(slab[3].prompt_tokens_finished, 0U);
}

TEST(Charge, GivesTheTokensBackAtTheFirstByteOnce) {
    CounterSlab slab;
    auto charge = Charge::try_charge(slab[0], 0, 500);

    charge->prefilled();
    charge->prefilled();

    EXPECT_EQ(slab[0].prompt_tokens_finished, 500U);
    EXPECT_EQ(slab.in_flight(0), 1U);
}

TEST(Charge, ReleasesEverythingAtItsEnd) {
    CounterSlab slab;

    { const auto charge = Charge::try_charge(slab[0], 0, 500); }

    EXPECT_EQ(slab.in_flight(0), 0U);
    EXPECT_EQ(slab[0].prompt_tokens_finished, 500U);
}

TEST(Charge, ExpectsTheAnswerUntilItsEnd) {
    CounterSlab slab;
    auto charge = Charge::try_charge(slab[0], 0, 500, 200);
    const auto other = Charge::try_charge(slab[0], 0, 500, 50);

    charge->prefilled();
    EXPECT_EQ(slab[0].output_tokens, 250U);
    Charge moved{std::move(*charge)};
    charge.reset();
    EXPECT_EQ(slab[0].output_tokens, 250U);
    moved.release();
    moved.release();
    EXPECT_EQ(slab[0].output_tokens, 50U);
}

TEST(Charge, ExpectsNothingAtTheLimit) {
    CounterSlab slab;
    const auto only = Charge::try_charge(slab[0], 1, 500, 200);

    EXPECT_FALSE(Charge::try_charge(slab[0], 1, 500, 200));
    EXPECT_EQ(slab[0].output_tokens, 200U);
}

TEST(Charge, ReleasesOnlyOnce) {
    CounterSlab slab;
    auto charge = Charge::try_charge(slab[0], 0, 500);

    charge->release();
    charge->release();
    charge.reset();

    EXPECT_EQ(slab[0].started, 1U);
    EXPECT_EQ(slab[0].finished, 1U);
}

TEST(Charge, MovesWithoutCountingTwice) {
    CounterSlab slab;
    auto first = Charge::try_charge(slab[0], 0, 10);

    Charge second{std::move(*first)};
    first.reset();
    EXPECT_EQ(slab.in_flight(0), 1U);

    second.release();
    EXPECT_EQ(slab.in_flight(0), 0U);
    EXPECT_EQ(slab[0].prompt_tokens_finished, 10U);
}

TEST(Charge, AssignmentReleasesTheOldOne) {
    CounterSlab slab;
    auto first = Charge::try_charge(slab[0], 0, 10);
    auto second = Charge::try_charge(slab[1], 0, 20);

    *first = std::move(*second);

    EXPECT_EQ(slab.in_flight(0), 0U);
    EXPECT_EQ(slab.in_flight(1), 1U);
}

TEST(Charge, IsGrantedUpToTheLimitAndRefusedOnePast) {
    CounterSlab slab;
    const auto first = Charge::try_charge(slab[0], 2, 7);
    const auto second = Charge::try_charge(slab[0], 2, 7);

    const auto third = Charge::try_charge(slab[0], 2, 7);

    EXPECT_TRUE(first && second);
    EXPECT_FALSE(third);
    EXPECT_EQ(slab.in_flight(0), 2U);
    EXPECT_EQ(slab[0].prompt_tokens_started, 14U);
}

TEST(Charge, IsGrantedAgainAfterARelease) {
    CounterSlab slab;
    auto first = Charge::try_charge(slab[0], 1, 0);
    ASSERT_FALSE(Charge::try_charge(slab[0], 1, 0));

    first.reset();

    EXPECT_TRUE(Charge::try_charge(slab[0], 1, 0));
}

TEST(Charge, LeavesTheCellAsItWasWhenRefused) {
    CounterSlab slab;
    const auto only = Charge::try_charge(slab[0], 1, 7);

    ASSERT_FALSE(Charge::try_charge(slab[0], 1, 7));

    EXPECT_EQ(slab[0].started, 1U);
    EXPECT_EQ(slab[0].finished, 0U);
}

/// Charges again and again in as many threads as `threads`; each holds at most one at a time.
struct Rush {
    int refused = 0;
    int most = 0;  // held at once
};
Rush rush(int threads, std::uint32_t limit) {
    CounterSlab slab;
    std::atomic<int> held{0};
    std::atomic<int> refused{0};
    std::atomic<int> most{0};
    const auto work = [&] {
        for (int i = 0; i < 20'000; ++i) {
            const auto charge = Charge::try_charge(slab[0], limit, 1);
            if (!charge) {
                ++refused;
                continue;
            }
            const int now = ++held;
            if (now > most) most = now;
            --held;
        }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
    return {refused, most};
}

TEST(Charge, IsNeverRefusedWhileThereIsRoom) {
    EXPECT_EQ(rush(3, 3).refused, 0);
}

TEST(Charge, IsNeverGrantedBeyondTheLimit) {
    EXPECT_LE(rush(3, 2).most, 2);
}

TEST(Charge, KeepsItsBooksBetweenThreads) {
    constexpr int k_rounds = 20'000;
    CounterSlab slab;
    const auto work = [&slab] {
        for (int i = 0; i < k_rounds; ++i) {
            auto charge = Charge::try_charge(slab[0], 1, 3);
            if (charge) charge->prefilled();
        }
    };

    std::thread other{work};
    work();
    other.join();

    EXPECT_EQ(slab.in_flight(0), 0U);
    EXPECT_EQ(slab[0].started, slab[0].finished);
    EXPECT_EQ(slab[0].prompt_tokens_started, slab[0].prompt_tokens_finished);
}

}  // namespace
}  // namespace penstock::fleet
