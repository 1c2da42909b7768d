#include <gtest/gtest.h>

#include "inspection.h"

namespace penstock::engine {
namespace {

TEST(InspectBadInput, WhatIsNoJsonObjectHasNoFacts) {
    for (const std::string_view body : {
             std::string_view{""},
             std::string_view{" "},
             std::string_view{"null"},
             std::string_view{"[]"},
             std::string_view{"\"model\""},
             std::string_view{"model=x"},
             std::string_view{"{"},
             std::string_view{R"({"model":"m")"},
             std::string_view{R"({"model":"m"}})"},
             std::string_view{R"({"model":"m"}{})"},
             std::string_view{R"({"model":"m"} x)"},
             std::string_view{R"({"model":"m",})"},
             std::string_view{R"({"model" "m"})"},
             std::string_view{R"({"model":"m" "stream":true})"},
             std::string_view{R"({model:"m"})"},
             std::string_view{R"({'model':'m'})"},
             std::string_view{"{\"model\":\"m\xFF\"}"},
             std::string_view{"{\"model\":\"m\n\"}"},
             std::string_view{"{\"model\":\"m\"}\0", 14},
         }) {
        const Inspection result = inspect_chat(body);
        EXPECT_FALSE(result.facts.json) << body;
        EXPECT_EQ(result.facts.model, "") << body;
        EXPECT_EQ(result.sink.begun, 0) << body;
    }
}

TEST(InspectBadInput, TakesAByteOrderMarkAsPythonDoes) {
    EXPECT_EQ(inspect_chat("\xEF\xBB\xBF{\"model\":\"m\"}").facts.model, "m");
    EXPECT_FALSE(inspect_chat("\xEF\xBB\xBF").facts.json);
}

TEST(InspectBadInput, TakesTheNumbersOnlyPythonKnows) {
    const Inspection result = inspect_chat(R"({"temperature":NaN,"top_p":-Infinity,"model":"m"})");

    EXPECT_TRUE(result.facts.json);
    EXPECT_EQ(result.facts.model, "m");
}

TEST(InspectBadInput, MessagesOfWrongTypesGiveNoText) {
    for (const std::string_view messages :
         {"null", "3", "true", "{}", "[]", "[null]", "[3,true]", "[[]]", R"([{"content":3}])",
          R"([{"content":[null,1,[]]}])", R"([{"content":[{"image_url":{}}]}])",
          R"([{"content":[{"image_url":[]}]}])", R"([{"content":[{"image_url":3}]}])"}) {
        const Inspection result =
            inspect_chat(R"({"model":"m","messages":)" + std::string{messages} + "}");
        EXPECT_TRUE(result.facts.json) << messages;
        EXPECT_EQ(result.sink.prompt.find_first_not_of('\x1e'), std::string::npos) << messages;
    }
}

TEST(InspectBadInput, BrokenMessagesDoNotHideTheModel) {
    const Inspection result =
        inspect_chat(R"({"messages":[{"role":"user" "content":"x"},{]],"model":"m"})");

    EXPECT_EQ(result.facts.model, result.facts.json ? "m" : "");
}

TEST(InspectBadInput, EveryCutOfABodyIsBorne) {
    const std::string_view whole = R"({"model":"m\u00e9","tools":[{"x":1}],"messages":[
        {"role":"user","content":[{"type":"text","text":"a\ud83d\ude00"},
        {"type":"image_url","image_url":{"url":"data:x"}}]},
        {"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}],
        "max_tokens":5,"metadata":{"user_id":"u"},"stream":true})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(inspect_chat(whole.substr(0, size)).facts.json) << size;
    }
    EXPECT_TRUE(inspect_chat(whole).facts.json);
}

TEST(InspectBadInput, DeepAndWideBodiesAreBorne) {
    const std::size_t depth = 100'000;
    const std::string deep = std::string(depth, '[') + std::string(depth, ']');
    const Inspection in_messages = inspect_chat(R"({"messages":)" + deep + R"(,"model":"m"})");
    EXPECT_EQ(in_messages.facts.model, "m");

    std::string contents = R"("x")";
    for (int level = 0; level < 2000; ++level) contents = R"([{"content":)" + contents + "}]";
    const Inspection in_contents = inspect_chat(R"({"messages":)" + contents + R"(,"model":"m"})");
    EXPECT_EQ(in_contents.facts.model, "m");
}

TEST(InspectBadInput, ABodyOverTheKeptCapacityIsReadWhole) {
    const std::string text(3U << 20U, 'x');
    const Inspection result =
        inspect_chat(R"({"messages":[{"role":"user","content":")" + text + R"("}],"model":"m"})");

    EXPECT_EQ(result.facts.model, "m");
    EXPECT_EQ(result.facts.prompt_bytes, text.size() + 6);
}

}  // namespace
}  // namespace penstock::engine
