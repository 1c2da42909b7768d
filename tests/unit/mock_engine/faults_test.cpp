#include "faults.h"

#include <gtest/gtest.h>

namespace penstock::mock_engine {
namespace {

TEST(Faults, ReadFaults_ReadsEveryField) {
    const Result<Faults> faults = read_faults(
        R"({"startup":1,"refuse":true,"status":503,"hang":true,"stall_after":2,"reset_after":3,
            "slow_metrics":4,"lasting":5})");

    ASSERT_TRUE(faults);
    EXPECT_EQ(faults->startup, Millis{1});
    EXPECT_TRUE(faults->refuse);
    EXPECT_EQ(faults->status, 503U);
    EXPECT_TRUE(faults->hang);
    EXPECT_EQ(faults->stall_after, 2U);
    EXPECT_EQ(faults->reset_after, 3U);
    EXPECT_EQ(faults->slow_metrics, Millis{4});
    EXPECT_EQ(faults->lasting, Millis{5});
}

TEST(Faults, ReadFaults_WhatIsNotNamedIsOff) {
    const Result<Faults> faults = read_faults("{}");

    ASSERT_TRUE(faults);
    EXPECT_EQ(to_json(*faults), to_json(Faults{}));
}

TEST(Faults, ToJson_IsReadBackTheSame) {
    const Faults faults{.startup = Millis{7}, .status = 500, .stall_after = 1};

    EXPECT_EQ(to_json(*read_faults(to_json(faults))), to_json(faults));
}

class RefusedFaults : public testing::TestWithParam<const char*> {};

TEST_P(RefusedFaults, ReadFaults_RefusesWhatIsNoFault) {
    EXPECT_FALSE(read_faults(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Faults, RefusedFaults,
                         testing::Values("", "[]", "1", R"({"hangs":true})", R"({"hang":1})",
                                         R"({"refuse":"yes"})", R"({"startup":-1})",
                                         R"({"startup":"1s"})", R"({"status":399})",
                                         R"({"status":600})", R"({"stall_after":4294967296})"));

TEST(Faults, ReadFaults_TakesStatusesFrom400To599) {
    EXPECT_TRUE(read_faults(R"({"status":400})"));
    EXPECT_TRUE(read_faults(R"({"status":599})"));
}

}  // namespace
}  // namespace penstock::mock_engine
