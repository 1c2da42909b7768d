#include <ostream>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/engine/inspect.h"

namespace penstock::engine {

void PrintTo(const Usage& usage, std::ostream* out) {
    *out << (usage.found ? "found " : "none ") << usage.prompt_tokens << '/' << usage.output_tokens
         << '/' << usage.cached_tokens;
}

namespace {

constexpr Usage counts(std::uint64_t prompt, std::uint64_t output, std::uint64_t cached) {
    return {true, prompt, output, cached, cached > 0};
}

struct UsageCase {
    std::string_view object;
    Usage usage;
};

TEST(Usage, ReadsTheNamesOfEveryApi) {
    const UsageCase cases[] = {
        {R"({"prompt_tokens":9,"total_tokens":12,"completion_tokens":3})", counts(9, 3, 0)},
        {R"({"completion_tokens":3,"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":8}})",
         counts(9, 3, 8)},
        {R"({"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":null})",
         counts(9, 3, 0)},
        {R"({"input_tokens":9,"input_tokens_details":{"cached_tokens":8},"output_tokens":3,
             "output_tokens_details":{"reasoning_tokens":2}})",
         counts(9, 3, 8)},
        {R"({"cache_read_input_tokens":28,"input_tokens":1,"output_tokens":4})", counts(29, 4, 28)},
        {R"({"input_tokens":1,"cache_creation_input_tokens":5,"cache_read_input_tokens":28,
             "cache_creation":{"ephemeral_5m_input_tokens":5},"output_tokens":4})",
         counts(34, 4, 28)},
        {R"({"output_tokens":4})", counts(0, 4, 0)},
        {R"({"prompt_tokens":30,"completion_tokens":1,"cache_read_input_tokens":28})",
         counts(30, 1, 28)},
        {R"({ "prompt_tokens" : 9 , "completion_tokens" : 3.0 })", counts(9, 3, 0)},
    };
    for (const UsageCase& c : cases) EXPECT_EQ(read_usage(c.object), c.usage) << c.object;
}

TEST(Usage, TellsNothingCachedFromNothingTold) {
    EXPECT_TRUE(read_usage(R"({"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":0}})")
                    .cached_told);
    EXPECT_TRUE(read_usage(R"({"input_tokens":9,"cache_read_input_tokens":0})").cached_told);
    EXPECT_FALSE(read_usage(R"({"prompt_tokens":9,"prompt_tokens_details":null})").cached_told);
}

TEST(Usage, IsNotFoundInWhatIsNone) {
    for (const std::string_view text :
         {"", "{", "{}", "null", "[1,2]", R"({"total_tokens":3})", R"({"prompt_tokens":null})",
          R"({"prompt_tokens":"9"})", R"({"prompt_tokens":-9})", R"({"prompt_tokens")",
          R"({"prompt_tokens":)", R"({"x":"\"prompt_tokens\":9"})",
          R"({"prompt_tokens":99999999999999999999})", R"({"prompt_tokens":281474976710657})"}) {
        EXPECT_EQ(read_usage(text), Usage{}) << text;
    }
    EXPECT_EQ(read_usage(R"({"prompt_tokens":281474976710656})"), counts(281474976710656, 0, 0));
}

TEST(Usage, OfATruncatedObjectIsWhatWasRead) {
    EXPECT_EQ(read_usage(R"({"prompt_tokens":9,"completion_tok)"), counts(9, 0, 0));
}

TEST(Usage, OfAnAnswerIsItsLastOne) {
    EXPECT_EQ(find_usage(R"({"choices":[{"message":{"content":"\"usage\":{\"prompt_tokens\":1}"}}],
                             "usage":{"prompt_tokens":9,"completion_tokens":3},"id":"x"})"),
              counts(9, 3, 0));
    EXPECT_EQ(find_usage(R"({"usage":{"prompt_tokens":1},"x":{"usage" : {"prompt_tokens":2}}})"),
              counts(2, 0, 0));
    EXPECT_EQ(find_usage(R"({"usage":{"prompt_tokens":1},"usage":null})"), counts(1, 0, 0));
    EXPECT_EQ(find_usage(R"({"choices":[]})"), Usage{});
    EXPECT_EQ(find_usage(R"({"usage":{"prompt_tokens":1)"), Usage{});
    EXPECT_EQ(find_usage(""), Usage{});
}

TEST(Usage, OfALargeAnswerIsLookedForAtBothEnds) {
    const std::string usage = R"("usage":{"prompt_tokens":9})";
    const std::string filler(200'000, 'x');
    const std::string text = R"("text":")" + filler + '"';

    EXPECT_EQ(find_usage("{" + text + "," + usage + "}"), counts(9, 0, 0));
    EXPECT_EQ(find_usage("{" + usage + "," + text + "}"), counts(9, 0, 0));
    EXPECT_EQ(find_usage("{" + text + "," + usage + "," + text + "}"), Usage{});
}

RC_GTEST_PROP(UsageProperty, AnyBytesAreBorne, (const std::string& junk)) {
    static_cast<void>(read_usage(junk));
    static_cast<void>(find_usage("\"usage\":{" + junk));
    static_cast<void>(find_usage("\"usage\":" + junk + "}"));
}

}  // namespace
}  // namespace penstock::engine
