#include "penstock/fleet/batch_limit.h"

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

/// Each tells that another request of ours has ended.
LoadSample sample(double running, double waiting) {
    static std::uint64_t finished = 0;
    LoadSample made;
    made.finished_then = ++finished;
    made.running = running;
    made.waiting = waiting;
    return made;
}

TEST(BatchLimit, IsTheEnginesWordWhereItTells) {
    BatchLimit limit;
    LoadSample told = sample(3, 0);
    told.running_max = 128;

    EXPECT_EQ(limit.see(told), 128);
}

TEST(BatchLimit, IsWhatRunsFiveTimesWhileOthersWait) {
    BatchLimit limit;

    for (const double waiting : {1, 9, 3, 3})
        EXPECT_EQ(limit.see(sample(64, waiting)), std::nullopt);
    EXPECT_EQ(limit.see(sample(64, 5)), 64);
    EXPECT_EQ(limit.see(sample(20, 0)), 64) << "when it is not full";
}

TEST(BatchLimit, IsNotLearnedWhereNobodyWaitsOrTheNumberChanges) {
    BatchLimit limit;

    for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.see(sample(30, 0)), std::nullopt);
    for (int i = 0; i < 9; ++i) EXPECT_EQ(limit.see(sample(30 + i % 2, 4)), std::nullopt);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.see(sample(0, 4)), std::nullopt) << "nothing runs";
}

TEST(BatchLimit, IsNotLearnedFromOneLongPromptBeforeAnother) {
    BatchLimit limit;
    LoadSample now = sample(1, 1);

    for (int i = 0; i < 20; ++i) EXPECT_EQ(limit.see(now), std::nullopt);
}

TEST(BatchLimit, IsGivenUpWhenMoreRun) {
    BatchLimit limit;
    for (int i = 0; i < 5; ++i) (void)limit.see(sample(30, 4));

    EXPECT_EQ(limit.see(sample(31, 0)), std::nullopt);
}

}  // namespace
}  // namespace penstock::fleet
