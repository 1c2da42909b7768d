#include "penstock/fleet/habit.h"

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

constexpr float k_nonsense = 0x1p47F;

TEST(Habit, FollowsWhatRequestsShow) {
    Habit habit;
    for (int i = 0; i < 200; ++i) habit.learn(6000, 2000, 40'000, 3000);

    EXPECT_NEAR(habit.bytes_per_token, 3, 0.01);
    EXPECT_NEAR(habit.uncached_tokens, 40'000, 400);
    EXPECT_NEAR(habit.output_tokens, 3000, 30);
}

TEST(Habit, LeavesWhatIsNotKnownAsItWas) {
    Habit habit;
    habit.learn(0, 0, 0, 0);

    EXPECT_EQ(habit.bytes_per_token, Habit{}.bytes_per_token);
    EXPECT_EQ(habit.uncached_tokens, Habit{}.uncached_tokens);
    EXPECT_EQ(habit.output_tokens, Habit{}.output_tokens);
}

TEST(Habit, OneLieMovesItByAThirdAndIsForgotten) {
    Habit habit;
    habit.learn(7000, k_nonsense, k_nonsense, k_nonsense);
    EXPECT_LT(habit.output_tokens, 1.4F * Habit{}.output_tokens);
    EXPECT_LT(habit.uncached_tokens, 1.4F * Habit{}.uncached_tokens);
    EXPECT_GT(habit.bytes_per_token, 3.8F);

    for (int i = 0; i < 100; ++i) habit.learn(6400, 1600, 1600, 100);
    EXPECT_NEAR(habit.output_tokens, 100, 5);
}

TEST(Habit, StaysBelowAnyContextWhateverIsTold) {
    Habit habit;
    for (int i = 0; i < 10'000; ++i) habit.learn(1, k_nonsense, k_nonsense, k_nonsense);

    EXPECT_LE(habit.uncached_tokens, 1 << 20);
    EXPECT_LE(habit.output_tokens, 1 << 20);
}

}  // namespace
}  // namespace penstock::fleet
