#include "penstock/schema/value_text.h"

#include <gtest/gtest.h>

#include "kitchen.h"

namespace penstock::schema {
namespace {

TEST(TomlText, WritesEachType) {
    EXPECT_EQ(toml_text(true), "true");
    EXPECT_EQ(toml_text(std::uint64_t{7}), "7");
    EXPECT_EQ(toml_text(1.0), "1.0");
    EXPECT_EQ(toml_text(1.25), "1.25");
    EXPECT_EQ(toml_text(std::string{"a\"b"}), "\"a\\\"b\"");
    EXPECT_EQ(toml_text(Millis{90'000}), "\"1m30s\"");
    EXPECT_EQ(toml_text(64_MiB), "\"64MiB\"");
    EXPECT_EQ(toml_text(std::vector<std::string>{"a", "b"}), "[\"a\", \"b\"]");
    EXPECT_EQ(toml_text(std::vector<std::string>{}), "[]");
    EXPECT_EQ(toml_text(std::map<std::string, std::string>{{"a", "b"}}), "{ \"a\" = \"b\" }");
}

TEST(AllowedText, TellsRangesZerosAndWords) {
    EXPECT_EQ(allowed_text(k_stove_options[0]), "true or false");
    EXPECT_EQ(allowed_text(k_stove_options[1]), "an integer from 1 to 8");
    EXPECT_EQ(allowed_text(k_stove_options[2]), "a number from 0.5 to 2.0");
    EXPECT_EQ(allowed_text(k_stove_options[3]), "a duration from 100ms to 1m, or 0 (off)");
    EXPECT_EQ(allowed_text(k_stove_options[4]), "\"gas\" or \"wood\"");
    EXPECT_EQ(allowed_text(k_stove_options[5]), "a list of strings (a word)");
}

TEST(Sensitive, KnowsNamesOfSecrets) {
    EXPECT_TRUE(sensitive("Authorization"));
    EXPECT_TRUE(sensitive("x-api-key"));
    EXPECT_TRUE(sensitive("X-Auth-Token"));
    EXPECT_FALSE(sensitive("x-tenant"));
}

}  // namespace
}  // namespace penstock::schema
