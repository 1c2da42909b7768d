#include <string>

#include <gtest/gtest.h>

#include "penstock/http/fields.h"

namespace penstock::http {
namespace {

FieldName nth(std::size_t index) {
    return static_cast<FieldName>(index);
}

TEST(FieldName, KnowsEachSpellingInAnyCase) {
    for (std::size_t i = 1; i < k_field_names; ++i) {
        std::string lower{spelling(nth(i))};
        std::string upper = lower;
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        for (char& c : upper)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);

        EXPECT_EQ(field_name(spelling(nth(i))), nth(i)) << spelling(nth(i));
        EXPECT_EQ(field_name(lower), nth(i)) << lower;
        EXPECT_EQ(field_name(upper), nth(i)) << upper;
    }
}

TEST(FieldName, TakesNearMissesForOthers) {
    for (std::size_t i = 1; i < k_field_names; ++i) {
        const std::string name{spelling(nth(i))};
        std::string changed = name;
        changed.back() = '_';

        EXPECT_EQ(field_name(name + "x"), FieldName::other) << name;
        EXPECT_EQ(field_name(changed), FieldName::other) << changed;
        EXPECT_EQ(field_name(name.substr(1)), FieldName::other) << name;
    }
}

TEST(FieldName, TakesEmptyAndLongNamesForOthers) {
    EXPECT_EQ(field_name(""), FieldName::other);
    EXPECT_EQ(field_name(std::string(30, 'x')), FieldName::other);
    EXPECT_EQ(field_name(std::string(31, 'x')), FieldName::other);
    EXPECT_EQ(field_name(std::string(70'000, 'x')), FieldName::other);
}

TEST(FieldName, DoesNotTakePunctuationForLetters) {
    // '@' and '`', '[' and '{' differ by the bit that tells upper from lower case.
    EXPECT_FALSE(equal_no_case("@", "`"));
    EXPECT_FALSE(equal_no_case("[", "{"));
    EXPECT_FALSE(equal_no_case("\xC4", "\xE4"));
    EXPECT_TRUE(equal_no_case("aZ", "Az"));
    EXPECT_FALSE(equal_no_case("a", "ab"));
}

}  // namespace
}  // namespace penstock::http
