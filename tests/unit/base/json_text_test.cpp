#include "penstock/base/json_text.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock {
namespace {

const std::string k_replaced = "\xEF\xBF\xBD";

TEST(JsonText, QuotesPlainText) {
    EXPECT_EQ(json_string(""), "\"\"");
    EXPECT_EQ(json_string("plain"), "\"plain\"");
}

TEST(JsonText, AppendsToWhatIsThere) {
    std::string out = "[";

    append_json_string(out, "a");

    EXPECT_EQ(out, "[\"a\"");
}

TEST(JsonText, EscapesWhatMustBe) {
    EXPECT_EQ(json_string("\"\\\n\r\t"), R"("\"\\\n\r\t")");
    EXPECT_EQ(json_string(std::string_view{"\0\x1F\x7F", 3}), R"("\u0000\u001f\u007f")");
}

TEST(JsonText, KeepsUtf8) {
    const std::string text = "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80";

    EXPECT_EQ(json_string(text), "\"" + text + "\"");
}

TEST(JsonText, EscapesLongCharactersThatEndALineOrSteerATerminal) {
    EXPECT_EQ(json_string("a\xE2\x80\xA8z"), R"("a\u2028z")");
    EXPECT_EQ(json_string("a\xE2\x80\xA9z"), R"("a\u2029z")");
    EXPECT_EQ(json_string("\xC2\x80\xC2\x85\xC2\x9F"), R"("\u0080\u0085\u009f")");
}

TEST(JsonText, KeepsTheNeighboursOfWhatItEscapes) {
    const std::string text = "\xE2\x80\xA7\xE2\x80\xAA\xC2\xA0";

    EXPECT_EQ(json_string(text), "\"" + text + "\"");
}

TEST(JsonText, ReplacesWhatIsNoUtf8) {
    EXPECT_EQ(json_string("a\xFFz"), "\"a" + k_replaced + "z\"");
    EXPECT_EQ(json_string("\xC0\xAF"), "\"" + k_replaced + k_replaced + "\"");  // overlong
    EXPECT_EQ(json_string("\xE2\x82"), "\"" + k_replaced + k_replaced + "\"");  // cut off
    EXPECT_EQ(json_string("\xED\xA0\x80"),                                      // a surrogate
              "\"" + k_replaced + k_replaced + k_replaced + "\"");
}

RC_GTEST_PROP(JsonText, HoldsNoControlCharacter, (const std::string& text)) {
    for (const char c : json_string(text)) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace
}  // namespace penstock
