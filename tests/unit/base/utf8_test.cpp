#include "penstock/base/utf8.h"

#include <string_view>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Utf8Length, CountsTheBytesOfTheFirstCharacter) {
    EXPECT_EQ(utf8_length("a\xC3\xA4"), 1U);
    EXPECT_EQ(utf8_length(std::string_view{"\0", 1}), 1U);
    EXPECT_EQ(utf8_length("\xC2\x80"), 2U);
    EXPECT_EQ(utf8_length("\xE2\x82\xAC"), 3U);
    EXPECT_EQ(utf8_length("\xF4\x8F\xBF\xBF"), 4U);
}

TEST(Utf8Length, IsZeroForWhatBeginsNoCharacter) {
    EXPECT_EQ(utf8_length(""), 0U);
    EXPECT_EQ(utf8_length("\x80"), 0U);
    EXPECT_EQ(utf8_length("\xC1\xBF"), 0U);          // overlong
    EXPECT_EQ(utf8_length("\xE0\x9F\xBF"), 0U);      // overlong
    EXPECT_EQ(utf8_length("\xED\xA0\x80"), 0U);      // a surrogate
    EXPECT_EQ(utf8_length("\xF4\x90\x80\x80"), 0U);  // beyond U+10FFFF
    EXPECT_EQ(utf8_length("\xE2\x82"), 0U);          // cut off
}

}  // namespace
}  // namespace penstock
