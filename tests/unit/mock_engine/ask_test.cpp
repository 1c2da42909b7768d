#include "ask.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::mock_engine {
namespace {

std::string prompt_of(Api api, std::string_view body) {
    const Result<Ask> ask = read_ask(api, body);
    return ask ? ask->prompt : "refused: " + std::string{ask.error().detail()};
}

TEST(Ask, ReadAsk_RendersADialogue) {
    EXPECT_EQ(prompt_of(Api::chat, R"({"messages":[{"role":"system","content":"Be brief."},
                                                   {"role":"user","content":"Hi"}]})"),
              "<|system|>\nBe brief.\n<|user|>\nHi\n<|assistant|>\n");
}

TEST(Ask, ReadAsk_TheSameDialogueReadsTheSameInEveryApi) {
    const std::string chat = prompt_of(Api::chat, R"({"messages":[{"role":"system","content":"S"},
                                             {"role":"user","content":"U"}]})");

    EXPECT_EQ(chat, prompt_of(Api::messages, R"({"max_tokens":1,"system":"S",
                                              "messages":[{"role":"user","content":"U"}]})"));
    EXPECT_EQ(chat, prompt_of(Api::messages,
                              R"({"max_tokens":1,"system":[{"type":"text","text":"S"}],
                    "messages":[{"role":"user","content":[{"type":"text","text":"U"}]}]})"));
    EXPECT_EQ(chat, prompt_of(Api::responses, R"({"instructions":"S","input":"U"})"));
    EXPECT_EQ(chat, prompt_of(Api::responses,
                              R"({"instructions":"S","input":[{"role":"user",
                    "content":[{"type":"input_text","text":"U"}]}]})"));
    EXPECT_EQ(chat, prompt_of(Api::tokenize, R"({"messages":[{"role":"system","content":"S"},
                                                             {"role":"user","content":"U"}]})"));
}

TEST(Ask, ReadAsk_PutsToolsFirstAndOtherPartsAsJson) {
    EXPECT_EQ(prompt_of(Api::chat, R"({"messages":[{"role":"user","content":[
                  {"type":"text","text":"see "},{"type":"image_url","image_url":{"url":"u"}}]}],
                  "tools":[{"type":"function"}]})"),
              "[{\"type\":\"function\"}]\n<|user|>\n"
              "see {\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}\n<|assistant|>\n");
}

TEST(Ask, ReadAsk_TakesACompletionsPromptAsItIs) {
    EXPECT_EQ(prompt_of(Api::completions, R"({"prompt":"Once"})"), "Once");
    EXPECT_EQ(prompt_of(Api::completions, R"({"prompt":["Once"]})"), "Once");
    EXPECT_EQ(prompt_of(Api::completions, R"({"prompt":[1,22]})"), "1 22 ");
    EXPECT_EQ(prompt_of(Api::completions, R"({"prompt":[[1,22]]})"), "1 22 ");
}

TEST(Ask, ReadAsk_TakesEmbeddingInputsOneByOne) {
    const Result<Ask> one = read_ask(Api::embeddings, R"({"input":"a"})");
    const Result<Ask> two = read_ask(Api::embeddings, R"({"input":["a","b"]})");
    const Result<Ask> tokens = read_ask(Api::embeddings, R"({"input":[1,2]})");

    ASSERT_TRUE(one && two && tokens);
    EXPECT_EQ(one->inputs, (std::vector<std::string>{"a"}));
    EXPECT_EQ(two->inputs, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(tokens->inputs, (std::vector<std::string>{"1 2 "}));
}

TEST(Ask, ReadAsk_ReadsTheRest) {
    const Result<Ask> ask =
        read_ask(Api::completions,
                 R"({"model":"m","prompt":"p","stream":true,"max_tokens":7,"cache_salt":"s",
                              "stream_options":{"include_usage":true}})");

    ASSERT_TRUE(ask);
    EXPECT_EQ(ask->model, "m");
    EXPECT_EQ(ask->cache_salt, "s");
    EXPECT_EQ(ask->max_tokens, 7U);
    EXPECT_TRUE(ask->stream);
    EXPECT_TRUE(ask->include_usage);
}

TEST(Ask, ReadAsk_KnowsTheNamesOfTheMaximum) {
    EXPECT_EQ(read_ask(Api::completions, R"({"prompt":"p"})")->max_tokens, std::nullopt);
    EXPECT_EQ(read_ask(Api::completions, R"({"prompt":"p","max_tokens":null})")->max_tokens,
              std::nullopt);
    EXPECT_EQ(read_ask(Api::responses, R"({"input":"p","max_output_tokens":3})")->max_tokens, 3U);
    EXPECT_EQ(read_ask(Api::completions, R"({"prompt":"p","max_completion_tokens":4})")->max_tokens,
              4U);
}

class RefusedBodies : public testing::TestWithParam<std::pair<Api, const char*>> {};

TEST_P(RefusedBodies, ReadAsk_RefusesWithAReason) {
    const auto& [api, body] = GetParam();

    const Result<Ask> ask = read_ask(api, body);

    ASSERT_FALSE(ask);
    EXPECT_EQ(ask.error().code(), ErrorCode::bad_request);
    EXPECT_FALSE(ask.error().detail().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Ask, RefusedBodies,
    testing::Values(std::pair{Api::chat, ""}, std::pair{Api::chat, "{"}, std::pair{Api::chat, "[]"},
                    std::pair{Api::chat, "{} x"}, std::pair{Api::chat, "{}"},
                    std::pair{Api::chat, R"({"messages":[]})"},
                    std::pair{Api::chat, R"({"messages":"hi"})"},
                    std::pair{Api::chat, R"({"messages":[{"content":"no role"}]})"},
                    std::pair{Api::chat, R"({"messages":["text"]})"},
                    std::pair{Api::completions, "{}"},
                    std::pair{Api::completions, R"({"prompt":5})"},
                    std::pair{Api::completions, R"({"prompt":[]})"},
                    std::pair{Api::completions, R"({"prompt":["a","b"]})"},
                    std::pair{Api::completions, R"({"prompt":[1,"b"]})"},
                    std::pair{Api::completions, R"({"prompt":"p","n":2})"},
                    std::pair{Api::completions, R"({"prompt":"p","max_tokens":0})"},
                    std::pair{Api::completions, R"({"prompt":"p","max_tokens":-1})"},
                    std::pair{Api::completions, R"({"prompt":"p","max_tokens":1000001})"},
                    std::pair{Api::completions, R"({"prompt":"p","max_tokens":"7"})"},
                    std::pair{Api::messages, R"({"messages":[{"role":"user","content":"U"}]})"},
                    std::pair{Api::responses, "{}"}, std::pair{Api::embeddings, "{}"},
                    std::pair{Api::embeddings, R"({"input":["a",1]})"}));

std::string nested(int depth) {
    return R"({"messages":[{"role":"user","content":"U"}],"x":)" +
           std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
}

TEST(Ask, ReadAsk_BoundsTheDepthOfNesting) {
    EXPECT_TRUE(read_ask(Api::chat, nested(99)));
    EXPECT_FALSE(read_ask(Api::chat, nested(100)));
    EXPECT_FALSE(read_ask(Api::chat, nested(1'000'000)));
}

TEST(Ask, ReadAsk_BracketsInStringsDoNotNest) {
    const std::string brackets(500, '[');

    EXPECT_TRUE(read_ask(Api::completions, R"({"prompt":"\")" + brackets + "\"}"));
}

}  // namespace
}  // namespace penstock::mock_engine
