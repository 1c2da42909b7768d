#include "penstock/base/unit_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock {
namespace {

TEST(Duration, ReadsEachUnit) {
    EXPECT_EQ(*parse_duration("250ms"), Millis{250});
    EXPECT_EQ(*parse_duration("30s"), Millis{30'000});
    EXPECT_EQ(*parse_duration("5m"), Millis{300'000});
    EXPECT_EQ(*parse_duration("2h"), Millis{7'200'000});
    EXPECT_EQ(*parse_duration("1d"), Millis{86'400'000});
}

TEST(Duration, AddsItsParts) {
    EXPECT_EQ(*parse_duration("1m30s"), Millis{90'000});
    EXPECT_EQ(*parse_duration("1d2h3m4s5ms"), Millis{93'784'005});
}

TEST(Duration, ReadsZeroWithAndWithoutUnit) {
    EXPECT_EQ(*parse_duration("0"), Millis{0});
    EXPECT_EQ(*parse_duration("0s"), Millis{0});
}

TEST(Duration, RefusesWhatIsNone) {
    for (const char* text : {"", "10", "s", "ms", "1.5s", "-1s", "+1s", "1 s", " 1s", "1s ", "1S",
                             "1sec", "1s1m", "1s1s", "1ms1s", "00", "1m30", "0x1s"}) {
        const auto parsed = parse_duration(text);
        ASSERT_FALSE(parsed.has_value()) << text;
        EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_value);
        EXPECT_FALSE(parsed.error().detail().empty());
    }
}

TEST(Duration, EndsAtTenYears) {
    EXPECT_EQ(*parse_duration("3650d"), k_duration_max);
    EXPECT_FALSE(parse_duration("3650d1ms").has_value());
    EXPECT_FALSE(parse_duration("18446744073709551615ms").has_value());
    EXPECT_FALSE(parse_duration("18446744073709551616ms").has_value());
}

TEST(Duration, IsWrittenShort) {
    EXPECT_EQ(duration_text(Millis{0}), "0s");
    EXPECT_EQ(duration_text(Millis{75'000}), "1m15s");
    EXPECT_EQ(duration_text(Millis{1'500}), "1s500ms");
    EXPECT_EQ(duration_text(Millis{86'400'000}), "1d");
}

RC_GTEST_PROP(Duration, ReadsBackWhatItWrote, ()) {
    const Millis duration{*rc::gen::inRange<Millis::rep>(0, k_duration_max.count() + 1)};

    RC_ASSERT(*parse_duration(duration_text(duration)) == duration);
}

TEST(Size, ReadsEachUnit) {
    EXPECT_EQ(*parse_size("7B"), Bytes{7});
    EXPECT_EQ(*parse_size("32KiB"), 32_KiB);
    EXPECT_EQ(*parse_size("64MiB"), 64_MiB);
    EXPECT_EQ(*parse_size("2GiB"), 2_GiB);
    EXPECT_EQ(*parse_size("1TiB"), 1024_GiB);
    EXPECT_EQ(*parse_size("0"), Bytes{0});
}

TEST(Size, RefusesWhatIsNone) {
    for (const char* text :
         {"", "64", "MiB", "64MB", "64M", "64mib", "1.5GiB", "-1B", "1MiB1KiB", "1 MiB", "1B "}) {
        EXPECT_FALSE(parse_size(text).has_value()) << text;
    }
}

TEST(Size, EndsWhereSixtyFourBitsEnd) {
    EXPECT_EQ(parse_size("16777215TiB")->count, 16777215ULL << 40U);
    EXPECT_FALSE(parse_size("16777216TiB").has_value());
}

TEST(Size, IsWrittenWithTheLargestUnitThatDividesIt) {
    EXPECT_EQ(size_text(Bytes{0}), "0B");
    EXPECT_EQ(size_text(Bytes{1023}), "1023B");
    EXPECT_EQ(size_text(1_KiB), "1KiB");
    EXPECT_EQ(size_text(1536_MiB), "1536MiB");
    EXPECT_EQ(size_text(2_GiB), "2GiB");
}

RC_GTEST_PROP(Size, ReadsBackWhatItWrote, (std::uint64_t count)) {
    RC_ASSERT(*parse_size(size_text(Bytes{count})) == Bytes{count});
}

}  // namespace
}  // namespace penstock
