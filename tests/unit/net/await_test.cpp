#include "penstock/net/await.h"

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

TEST(TimeLeft, IsNoDeadlineForNone) {
    const Loop loop;

    EXPECT_EQ(time_left(loop, TimePoint::max()), Millis{0});
}

TEST(TimeLeft, IsNeverZeroOnceADeadlineHasPassed) {
    const Loop loop;

    EXPECT_EQ(time_left(loop, loop.now()), Millis{1});
    EXPECT_EQ(time_left(loop, loop.now() - Millis{100}), Millis{1});
}

TEST(TimeLeft, IsAtMostWhatWasGiven) {
    const Loop loop;

    const Millis left = time_left(loop, loop.now() + std::chrono::hours{1});

    EXPECT_GT(left, Millis{1});
    EXPECT_LE(left, std::chrono::hours{1});
}

}  // namespace
}  // namespace penstock::net
