#include "json_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock::engine {
namespace {

constexpr std::size_t k_no_limit = 1U << 20U;

std::string decoded(std::string_view raw, std::size_t size_max = k_no_limit) {
    std::string out = "left over";
    decode_string(raw, size_max, out);
    return out;
}

struct EscapeCase {
    std::string_view raw;
    std::string_view plain;
};

TEST(JsonText, DecodesEveryKindOfEscape) {
    const EscapeCase cases[] = {
        {"", ""},
        {"plain", "plain"},
        {R"(\"\\\/)", "\"\\/"},
        {R"(a\nb\tc\rd\be\ff)", "a\nb\tc\rd\be\ff"},
        {R"(\u0041)", "A"},
        {R"(\u00e9)", "\xC3\xA9"},
        {R"(\u20AC)", "\xE2\x82\xAC"},
        {R"(\uD83D\uDE00)", "\xF0\x9F\x98\x80"},
        {R"(\ud83d\ude00x)", "\xF0\x9F\x98\x80x"},
        {R"(\udbff\udfff)", "\xF4\x8F\xBF\xBF"},
    };
    for (const EscapeCase& c : cases) EXPECT_EQ(decoded(c.raw), c.plain) << c.raw;
}

TEST(JsonText, ReplacesHalvesOfSurrogatePairsAndMalformedEscapes) {
    const std::string replacement = "\xEF\xBF\xBD";
    EXPECT_EQ(decoded(R"(\ud83d)"), replacement);
    EXPECT_EQ(decoded(R"(\ude00)"), replacement);
    EXPECT_EQ(decoded(R"(\ud83dx)"), replacement + "x");
    EXPECT_EQ(decoded(R"(\ud83d\n)"), replacement + "\n");
    EXPECT_EQ(decoded(R"(\ud83d\ud83d\ude00)"), replacement + "\xF0\x9F\x98\x80");
    EXPECT_EQ(decoded(R"(\u12G4)"), replacement + "12G4");
    EXPECT_EQ(decoded(R"(\u12)"), replacement + "12");
    EXPECT_EQ(decoded("\\"), replacement);
    EXPECT_EQ(decoded(R"(\q)"), "q");
}

TEST(JsonText, CutsAtTheGivenSize) {
    EXPECT_EQ(decoded("12345", 5), "12345");
    EXPECT_EQ(decoded("123456", 5), "12345");
    EXPECT_EQ(decoded(R"(1234\u20AC)", 5), "1234\xE2");
}

TEST(JsonText, ComparesWithoutDecoding) {
    EXPECT_TRUE(string_equals("model", "model"));
    EXPECT_TRUE(string_equals(R"(mod\u0065l)", "model"));
    EXPECT_TRUE(string_equals(R"(\u20AC)", "\xE2\x82\xAC"));
    EXPECT_FALSE(string_equals("model", "models"));
    EXPECT_FALSE(string_equals(R"(mod\u0065ls)", "model"));
    EXPECT_FALSE(string_equals(R"(mod\u0065)", "model"));
    EXPECT_FALSE(string_equals(R"(\u20AC)", "\xE2\x82"));
    EXPECT_TRUE(string_equals("", ""));
}

RC_GTEST_PROP(JsonTextProperty, ComparingAgreesWithDecoding, (const std::string& raw)) {
    const std::string plain = decoded(raw);

    RC_ASSERT(string_equals(raw, plain));
    RC_ASSERT(!string_equals(raw, plain + "x"));
}

}  // namespace
}  // namespace penstock::engine
