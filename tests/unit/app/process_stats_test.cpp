#include "server/process_stats.h"

#include <chrono>

#include <gtest/gtest.h>

namespace penstock::app {
namespace {

TEST(ProcessStats, TheStartIsAShortWhileAgoAndStaysTheSame) {
    const double now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();

    const double start = read_process_stats().start_time;

    EXPECT_LE(start, now + 1);
    EXPECT_GT(start, now - 3600);
    EXPECT_EQ(read_process_stats().start_time, start);
}

TEST(ProcessStats, TellsWhatTheProcessUses) {
    const ProcessStats stats = read_process_stats();

    EXPECT_GT(stats.resident_bytes, 0);
    EXPECT_GE(stats.virtual_bytes, stats.resident_bytes);
    EXPECT_GE(stats.open_fds, 3);
    EXPECT_GE(stats.threads, 1);
}

}  // namespace
}  // namespace penstock::app
