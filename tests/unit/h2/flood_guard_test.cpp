#include "flood_guard.h"

#include <gtest/gtest.h>

namespace penstock::h2 {
namespace {

using telemetry::Http2Refusal;

constexpr std::uint8_t k_data = 0;
constexpr std::uint8_t k_headers = 1;
constexpr std::uint8_t k_priority = 2;
constexpr std::uint8_t k_reset = 3;
constexpr std::uint8_t k_settings = 4;
constexpr std::uint8_t k_ping = 6;
constexpr std::uint8_t k_window_update = 8;
constexpr std::uint8_t k_unknown = 0xBB;

struct Guarded {
    /// How many such frames pass before one is refused, at most `most`.
    std::uint32_t passes(std::uint8_t type, std::uint32_t most, std::size_t length = 4,
                         std::uint8_t flags = 0) {
        for (std::uint32_t count = 0; count < most; ++count) {
            verdict = guard.frame({type, flags, length, 1}, now);
            if (verdict) return count;
        }
        return most;
    }

    FloodLimits limits{.resets_burst = 200,
                       .resets_per_second = 20,
                       .errors_burst = 100,
                       .errors_per_second = 10,
                       .control_burst = 200,
                       .control_per_second = 50,
                       .useless_frames = 1'000};
    FloodGuard guard{limits};
    TimePoint now{Millis{1'000}};
    FloodGuard::Verdict verdict;
};

TEST(FloodGuard, LetsABurstOfResetsPassAndThenSoManyASecond) {
    Guarded guarded;
    EXPECT_EQ(guarded.passes(k_reset, 10'000), guarded.limits.resets_burst);
    EXPECT_EQ(guarded.verdict, Http2Refusal::rapid_reset);
    guarded.now += Millis{2'000};
    EXPECT_EQ(guarded.passes(k_reset, 10'000), 2 * guarded.limits.resets_per_second);
}

TEST(FloodGuard, CountsSettingsAndPingsTogetherButNotTheirAnswers) {
    Guarded guarded;
    constexpr std::uint8_t k_ack = 1;
    EXPECT_EQ(guarded.passes(k_settings, 5'000, 0, k_ack), 5'000U);
    for (int i = 0; i < 5'000; ++i) {
        guarded.guard.ping_sent();
        ASSERT_EQ(guarded.passes(k_ping, 1, 8, k_ack), 1U);
    }
    EXPECT_EQ(guarded.passes(k_ping, 100, 8), 100U);
    EXPECT_EQ(guarded.passes(k_settings, 5'000, 0), guarded.limits.control_burst - 100);
    EXPECT_EQ(guarded.verdict, Http2Refusal::control_flood);
}

// nghttp2 moves all open streams for one that wants to stand before them.
TEST(FloodGuard, CountsPrioritiesWhateverElseComes) {
    Guarded guarded;
    std::uint32_t count = 0;
    for (; !guarded.verdict && count < 5'000; ++count) {
        guarded.guard.payload(1);
        static_cast<void>(guarded.passes(k_headers, 1));
        static_cast<void>(guarded.passes(k_priority, 1, 5, count % 2));
    }
    EXPECT_EQ(guarded.verdict, Http2Refusal::control_flood);
    EXPECT_EQ(count, guarded.limits.control_burst + 1);
    guarded.now += Millis{1'000};
    EXPECT_EQ(guarded.passes(k_priority, 5'000, 5), guarded.limits.control_per_second);
}

TEST(FloodGuard, CountsAnswersToNoPingAsUseless) {
    Guarded guarded;
    constexpr std::uint8_t k_ack = 1;
    guarded.guard.ping_sent();
    EXPECT_EQ(guarded.passes(k_ping, 5'000, 8, k_ack), guarded.limits.useless_frames + 1);
    EXPECT_EQ(guarded.verdict, Http2Refusal::useless_frames);
}

TEST(FloodGuard, EndsFramesThatCarryNothing) {
    for (const std::uint8_t type : {k_window_update, k_unknown}) {
        Guarded guarded;
        EXPECT_EQ(guarded.passes(type, 10'000), guarded.limits.useless_frames);
        EXPECT_EQ(guarded.verdict, Http2Refusal::useless_frames);
    }
}

TEST(FloodGuard, ForgivesThemWhenSomethingUsefulComes) {
    Guarded guarded;
    EXPECT_EQ(guarded.passes(k_window_update, 900), 900U);
    guarded.guard.payload(1);
    EXPECT_EQ(guarded.passes(k_window_update, 900), 900U);
    EXPECT_EQ(guarded.passes(k_headers, 1), 1U);
    EXPECT_EQ(guarded.passes(k_window_update, 900), 900U);
}

// A reader of a long stream sends two WINDOW_UPDATEs for a frame, and nothing else.
TEST(FloodGuard, AllowsTheWindowUpdatesOfALongStream) {
    Guarded guarded;
    for (int frame = 0; frame < 50'000; ++frame) {
        guarded.guard.data_sent();
        ASSERT_EQ(guarded.passes(k_window_update, 2), 2U);
    }
}

// gRPC measures the way with a PING for what has come.
TEST(FloodGuard, AllowsAPingForEachFrameOfABody) {
    Guarded guarded;
    for (int frame = 0; frame < 10'000; ++frame) {
        guarded.guard.data_sent();
        ASSERT_EQ(guarded.passes(k_ping, 1, 8), 1U);
    }
    EXPECT_EQ(guarded.passes(k_ping, 10'000, 8), guarded.limits.control_burst - 1);
}

TEST(FloodGuard, EndsEmptyDataFramesInARow) {
    Guarded guarded;
    EXPECT_EQ(guarded.passes(k_data, 1'000, 0), 10U);
    EXPECT_EQ(guarded.verdict, Http2Refusal::empty_frames);
    Guarded with_ends;
    constexpr std::uint8_t k_end_stream = 1;
    EXPECT_EQ(with_ends.passes(k_data, 1'000, 0, k_end_stream), 1'000U);
}

TEST(FloodGuard, EndsBodiesThatAreAlmostAllPadding) {
    Guarded guarded;
    std::uint32_t count = 0;
    for (; count < 200'000 && !guarded.verdict; ++count) {
        guarded.verdict = guarded.guard.frame({k_data, 8, 257, 1}, guarded.now);
        guarded.guard.payload(1);
    }
    EXPECT_EQ(guarded.verdict, Http2Refusal::useless_frames);
    EXPECT_LT(count, 40'000U);
}

TEST(FloodGuard, AllowsBodiesInSmallFrames) {
    Guarded guarded;
    for (int count = 0; count < 200'000; ++count) {
        ASSERT_FALSE(guarded.guard.frame({k_data, 0, 1, 1}, guarded.now));
        guarded.guard.payload(1);
    }
}

TEST(FloodGuard, EndsAClientThatMakesUsResetItsStreams) {
    Guarded guarded;
    std::uint32_t count = 0;
    while (!guarded.guard.stream_error(guarded.now)) ++count;
    EXPECT_EQ(count, guarded.limits.errors_burst);
    guarded.now += Millis{1'000};
    for (std::uint32_t i = 0; i < guarded.limits.errors_per_second; ++i)
        EXPECT_FALSE(guarded.guard.stream_error(guarded.now));
    EXPECT_EQ(guarded.guard.stream_error(guarded.now), Http2Refusal::stream_errors);
}

TEST(FloodGuard, EndsAClientThatGoesOnAskingForStreamsItMayNotHave) {
    Guarded guarded;
    std::uint32_t count = 0;
    while (count < 10'000 && !guarded.guard.stream_refused(guarded.now)) ++count;
    EXPECT_EQ(count, 8 * guarded.limits.errors_burst);
    EXPECT_EQ(guarded.guard.stream_refused(guarded.now), Http2Refusal::stream_errors);
}

}  // namespace
}  // namespace penstock::h2
