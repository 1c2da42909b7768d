#include "penstock/engine/inject_usage.h"

#include <string>

#include <gtest/gtest.h>

#include "inspection.h"

namespace penstock::engine {
namespace {

/// The body after the splice; empty when there is none.
std::string spliced(std::string_view body) {
    const auto splice = inject_usage(body);
    if (!splice) return "";
    std::string out{body};
    return out.replace(splice->position, splice->removed, splice->text);
}

struct SpliceCase {
    std::string_view body;
    std::string_view result;
};

TEST(InjectUsage, AddsTheOptionAndTouchesNothingElse) {
    const SpliceCase cases[] = {
        {R"({"stream":true})", R"({"stream_options":{"include_usage":true},"stream":true})"},
        {R"( { "stream" : true } )",
         R"( {"stream_options":{"include_usage":true}, "stream" : true } )"},
        {R"({"stream":true,"stream_options":{}})",
         R"({"stream":true,"stream_options":{"include_usage":true}})"},
        {R"({"stream":true,"stream_options": { "a":[1,{"b":2}] }})",
         R"({"stream":true,"stream_options": {"include_usage":true, "a":[1,{"b":2}] }})"},
        {R"({"stream_options":null,"stream":true})",
         R"({"stream_options":{"include_usage":true},"stream":true})"},
        {R"({"stream_options": {"x":1, "include_usage" : false }, "stream":true})",
         R"({"stream_options": {"x":1, "include_usage" : true }, "stream":true})"},
        {R"({"stream_options":{"include_usage":null},"stream":true})",
         R"({"stream_options":{"include_usage":true},"stream":true})"},
        {R"({"stream":true,"stream_options":{"include_usage":true},"stream_options":{}})",
         R"({"stream":true,"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}})"},
        {R"({"stre\u0061m":true})",
         R"({"stream_options":{"include_usage":true},"stre\u0061m":true})"},
    };
    for (const SpliceCase& c : cases) EXPECT_EQ(spliced(c.body), c.result) << c.body;
}

TEST(InjectUsage, LeavesAloneWhatAsksAlreadyOrDoesNotStream) {
    for (const std::string_view body :
         {R"({"stream":true,"stream_options":{"include_usage":true}})",
          R"({"stream":true,"stream_options":{"x":1,"include_usage": true }})", R"({})",
          R"({"stream":false})", R"({"stream":null})", R"({"stream":true,"stream":false})",
          R"({"messages":[{"stream":true}]})", R"({"x":"\"stream\":true"})"}) {
        EXPECT_EQ(inject_usage(body), std::nullopt) << body;
    }
}

TEST(InjectUsage, LeavesAloneWhatIsNotSound) {
    for (const std::string_view body :
         {"", "x", "[]", "{", R"({"stream":true)", R"({"stream":true}x)", R"({"stream":true,})",
          R"({"stream":true,"stream_options":3})", R"({"stream":true,"stream_options":[]})",
          R"({"stream":true,"stream_options":{"a"}})", R"({"stream":true "x":1})",
          R"({"stream":true,"x":"unclosed})"}) {
        EXPECT_EQ(inject_usage(body), std::nullopt) << body;
    }
}

TEST(InjectUsage, TheResultAsksForUsageAndIsStable) {
    const std::string body = R"({"messages":[{"role":"user","content":"a \"}{ b"}],"stream":true})";

    const std::string result = spliced(body);

    const Inspection before = inspect_chat(body);
    const Inspection after = inspect_chat(result);
    EXPECT_FALSE(before.facts.include_usage);
    EXPECT_TRUE(after.facts.include_usage);
    EXPECT_EQ(after.sink.prompt, before.sink.prompt);
    EXPECT_EQ(inject_usage(result), std::nullopt);
}

TEST(InjectUsage, BearsAnyDepth) {
    const std::size_t depth = 100'000;
    const std::string body =
        R"({"deep":)" + std::string(depth, '[') + std::string(depth, ']') + R"(,"stream":true})";

    EXPECT_NE(spliced(body), "");
}

}  // namespace
}  // namespace penstock::engine
