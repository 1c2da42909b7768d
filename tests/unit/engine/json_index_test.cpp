#include "json_index.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::engine {
namespace {

using Strings = std::vector<std::string>;

Strings fields(std::string_view text, bool& sound) {
    JsonIndex json;
    Strings out;
    sound = json.read(text) && json.each_field(json.root(), [&](std::string_view key, JsonNode at) {
        out.push_back(std::string{key} + "=" + std::string{json.raw(at)});
    });
    return out;
}

TEST(JsonIndex, GivesFieldsWithTheirWholeText) {
    bool sound = false;

    const Strings found =
        fields(R"( { "a" : 1 , "b":"x\"y" , "c" : [ 1, {"d":[]} ] ,"e":{ } , "f": null } )", sound);

    EXPECT_TRUE(sound);
    EXPECT_EQ(found, (Strings{"a=1", R"(b="x\"y")", R"(c=[ 1, {"d":[]} ])", "e={ }", "f=null"}));
}

TEST(JsonIndex, GivesElementsUntilToldToStop) {
    JsonIndex json;
    ASSERT_TRUE(json.read(R"([1,"two",[3],{}])"));
    Strings seen;

    const bool sound = json.each_element(json.root(), [&](JsonNode node) {
        seen.emplace_back(json.raw(node));
        return seen.size() < 3;
    });

    EXPECT_TRUE(sound);
    EXPECT_EQ(seen, (Strings{"1", R"("two")", "[3]"}));
}

TEST(JsonIndex, RefusesWhatSimdjsonRefuses) {
    JsonIndex json;
    EXPECT_FALSE(json.read(""));
    EXPECT_FALSE(json.read("   "));
    EXPECT_FALSE(json.read(R"({"a)"));
    EXPECT_FALSE(json.read("{\"\xFF\":1}"));
    EXPECT_FALSE(json.read("{\"a\":\"line\nbreak\"}"));
}

TEST(JsonIndex, SeesThatAnObjectIsNotSound) {
    for (const std::string_view text :
         {"{", "{]", "{1:2}", R"({"a"})", R"({"a":})", R"({"a":1,})", R"({"a":1 "b":2})",
          R"({"a" 1})", R"({"a":1,,"b":2})", R"({"a":[1)", R"({,})", R"({"a"::1})", R"({"a":1])",
          "[]", "1"}) {
        bool sound = true;
        fields(text, sound);
        EXPECT_FALSE(sound) << text;
    }
}

TEST(JsonIndex, IsReadAgainWithoutRememberingTheLastText) {
    JsonIndex json;
    ASSERT_TRUE(json.read(R"({"a":1,"b":2})"));

    EXPECT_FALSE(json.read(R"({"a)"));
    EXPECT_EQ(json.kind(json.root()), '\0');
    ASSERT_TRUE(json.read("[]"));
    EXPECT_EQ(json.kind(json.root()), '[');
}

TEST(JsonIndex, PassesOverAnyDepth) {
    const std::size_t depth = 200'000;
    const std::string text =
        R"({"deep":)" + std::string(depth, '[') + std::string(depth, ']') + R"(,"after":1})";
    bool sound = false;

    const Strings found = fields(text, sound);

    EXPECT_TRUE(sound);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1], "after=1");
}

TEST(JsonIndex, GivesTheMemoryOfLargeTextsBack) {
    JsonIndex json;
    const std::string large = "[\"" + std::string(JsonIndex::k_kept_capacity, 'x') + "\"]";
    ASSERT_TRUE(json.read(large));

    json.shrink();

    EXPECT_EQ(json.kind(json.root()), '\0');
    EXPECT_TRUE(json.read("[1]"));
}

}  // namespace
}  // namespace penstock::engine
