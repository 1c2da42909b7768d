#include "penstock/base/rng.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Rng, RepeatsItselfForTheSameSeed) {
    Rng a{7};
    Rng b{7};
    Rng c{8};

    for (int i = 0; i < 100; ++i) {
        const std::uint64_t word = a.next();
        EXPECT_EQ(word, b.next());
        EXPECT_NE(word, c.next());
    }
}

TEST(Rng, TakesASeedOfZero) {
    Rng rng{0};

    EXPECT_NE(rng.next(), rng.next());
}

TEST(Rng, StaysBelowTheBound) {
    Rng rng{1};
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(rng.below(1), 0U);
        EXPECT_LT(rng.below(3), 3U);
        EXPECT_LT(rng.below(0xFFFFFFFF), 0xFFFFFFFF);
    }
}

TEST(Rng, GivesEachValueTheSameChance) {
    constexpr int k_rounds = 60'000;
    Rng rng{1};
    std::array<int, 6> seen{};

    for (int i = 0; i < k_rounds; ++i) ++seen[rng.below(6)];

    const double wanted = k_rounds / 6.0;
    for (const int count : seen) EXPECT_NEAR(count, wanted, 5 * std::sqrt(wanted));
}

TEST(Rng, GivesUnitsBetweenZeroAndOne) {
    Rng rng{1};
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double unit = rng.unit();
        ASSERT_TRUE(unit >= 0 && unit < 1);
        sum += unit;
    }
    EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

}  // namespace
}  // namespace penstock
