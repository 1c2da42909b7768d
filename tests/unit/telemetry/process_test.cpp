#include "process.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace penstock::telemetry {

std::ostream& operator<<(std::ostream& out, const ProcessStat& stat) {
    return out << "cpu " << stat.cpu_ticks << " threads " << stat.threads << " start "
               << stat.start_ticks << " pages " << stat.resident_pages;
}

namespace {

constexpr std::string_view k_rest =
    " S 1 42 42 0 -1 4194560 1500 0 3 0 250 50 0 0 20 0 5 0 987654 300000000 4321 "
    "18446744073709551615 1 1 0 0 0 0 0 4096 16386 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0";
const ProcessStat k_expected{
    .cpu_ticks = 300, .threads = 5, .start_ticks = 987654, .resident_pages = 4321};

TEST(ProcessStat, IsReadFromTheKernelsLine) {
    EXPECT_EQ(parse_process_stat("42 (penstock)" + std::string{k_rest}), k_expected);
}

TEST(ProcessStat, IsReadPastACommandWithBlanksAndParentheses) {
    EXPECT_EQ(parse_process_stat("42 (a ) b (c)" + std::string{k_rest}), k_expected);
}

TEST(ProcessStat, IsNothingForAnotherText) {
    EXPECT_FALSE(parse_process_stat(""));
    EXPECT_FALSE(parse_process_stat("42 (penstock) S 1 2 3"));
    EXPECT_FALSE(parse_process_stat("no parenthesis"));
}

TEST(ProcessSamples, TellOfThisProcess) {
    std::vector<Sample> samples;

    append_process_samples(samples);

    ASSERT_EQ(samples.size(), 6U);
    EXPECT_TRUE(std::ranges::all_of(samples, [](const Sample& s) { return s.value >= 0; }));
    const auto open = std::ranges::find(samples, "process_open_fds", &Sample::metric);
    ASSERT_NE(open, samples.end());
    EXPECT_GE(open->value, 1);
}

}  // namespace
}  // namespace penstock::telemetry
