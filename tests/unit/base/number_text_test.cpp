#include "penstock/base/number_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(AppendNumber, WritesBehindWhatIsThere) {
    std::string text = "n=";

    append_number(text, 0);
    append_number(text, 205);

    EXPECT_EQ(text, "n=0205");
}

TEST(AppendNumber, HasRoomForTheLargest) {
    std::string text;

    append_number(text, std::numeric_limits<std::uint64_t>::max());

    EXPECT_EQ(text, "18446744073709551615");
}

TEST(Readable, HasThreeSignificantDigitsAtMost) {
    EXPECT_EQ(readable(0.092041), "0.092");
    EXPECT_EQ(readable(0.0001239), "0.000124");
    EXPECT_EQ(readable(1.5349), "1.53");
    EXPECT_EQ(readable(-100.2), "-100");
    EXPECT_EQ(readable(412.3), "412");
    EXPECT_EQ(readable(15'249), "15200");
    EXPECT_EQ(readable(999.9), "1000");
}

TEST(Readable, HasNoNeedlessZeros) {
    EXPECT_EQ(readable(1), "1");
    EXPECT_EQ(readable(0.5), "0.5");
    EXPECT_EQ(readable(0), "0");
    EXPECT_EQ(readable(-0.0), "0");
}

TEST(Readable, IsShortWhateverTheNumber) {
    EXPECT_EQ(readable(0.9999e-6), "1e-06");
    EXPECT_EQ(readable(1e-6), "0.000001");
    EXPECT_EQ(readable(-1.239e-6), "-0.00000124");
    EXPECT_EQ(readable(-999.9e9), "-1000000000000");
    EXPECT_EQ(readable(1e12), "1e+12");
    EXPECT_EQ(readable(std::numeric_limits<double>::lowest()), "-1.8e+308");
    EXPECT_EQ(readable(std::numeric_limits<double>::denorm_min()), "4.94e-324");
    EXPECT_EQ(readable(std::numeric_limits<double>::infinity()), "inf");
    EXPECT_EQ(readable(std::numeric_limits<double>::quiet_NaN()), "nan");
}

}  // namespace
}  // namespace penstock
