#include <gtest/gtest.h>

#include "inspection.h"
#include "prompt_reader.h"

namespace penstock::engine {
namespace {

// The marks of prompt_reader.cpp: before a message, and between its parts.
#define M "\x1e"
#define F "\x1f"

std::string chat(std::string_view body) {
    return inspect_chat(body).sink.prompt;
}

TEST(InspectPrompt, HasRolesAndContentsInOrder) {
    EXPECT_EQ(chat(R"({"messages":[{"role":"system","content":"Be brief."},
                                   {"content":"Hi","role":"user"}]})"),
              M "system" F "Be brief." M "user" F "Hi");
}

TEST(InspectPrompt, HasToolsFirstWhereverTheyStand) {
    EXPECT_EQ(chat(R"({"messages":[{"role":"user","content":"Hi"}],"tools":[{"a": 1}]})"),
              M "[{\"a\": 1}]" M "user" F "Hi");
    EXPECT_EQ(chat(R"({"messages":[{"role":"user","content":"Hi"}],"tools":null})"),
              M "user" F "Hi");
}

TEST(InspectPrompt, IsTheSameForAStringAndForItsParts) {
    EXPECT_EQ(chat(R"({"messages":[{"role":"user","content":[
                        {"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}]})"),
              chat(R"({"messages":[{"role":"user","content":"Hi"}]})"));
}

TEST(InspectPrompt, IsTheSameHoweverItIsEscaped) {
    EXPECT_EQ(
        chat(R"({"messages":[{"role":"us\u0065r","content":"\u00e9\n\ud83d\ude00\/"}]})"),
        chat("{\"messages\":[{\"role\":\"user\",\"content\":\"\xC3\xA9\\n\xF0\x9F\x98\x80/\"}]}"));
}

TEST(InspectPrompt, SurvivesHalvesOfSurrogatePairs) {
    EXPECT_EQ(chat(R"({"messages":[{"role":"user","content":"a\ud800b"}]})"), M "user" F
                                                                                "a\xEF\xBF\xBD"
                                                                                "b");
}

TEST(InspectPrompt, TakesImagesByTheirHash) {
    const auto with_image = [](std::string_view image) {
        return chat(R"({"messages":[{"role":"user","content":[{"type":"text","text":"See"},)" +
                    std::string{image} + "]}]}");
    };
    const std::string first =
        with_image(R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})");
    const std::string same = with_image(
        R"({"image_url":{"detail":"low","url":"data:image/png;base64,AAAA"},"type":"image_url"})");
    const std::string other =
        with_image(R"({"type":"image_url","image_url":{"url":"https://x/y.png"}})");
    const std::string bare = with_image(R"({"type":"input_image","image_url":"https://x/y.png"})");

    EXPECT_EQ(first, same);
    EXPECT_NE(first, other);
    EXPECT_EQ(other, bare);
    EXPECT_EQ(first.size(), std::string_view{M "user" F "See"}.size() + 16);
}

TEST(InspectPrompt, HasToolCallsAndToolAnswers) {
    EXPECT_EQ(chat(R"({"messages":[
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
          "function":{"arguments":"{\"x\":1}","name":"f"}}]},
        {"role":"tool","tool_call_id":"c1","content":"42"}]})"),
              M "assistant" F F "f" F "{\"x\":1}" M "tool" F "42");
}

TEST(InspectPrompt, HasReasoningBeforeContent) {
    EXPECT_EQ(chat(R"({"messages":[{"role":"assistant","content":"B","reasoning_content":"A"}]})"),
              M "assistant" F "AB");
}

TEST(InspectPrompt, OfACompletionIsItsPrompt) {
    const auto completion = [](std::string_view body) {
        return inspect(Endpoint::completions, body).sink.prompt;
    };
    EXPECT_EQ(completion(R"({"prompt":"Once\tupon"})"), "Once\tupon");
    EXPECT_EQ(completion(R"({"prompt":["first","second"]})"), "first");
    EXPECT_EQ(completion(R"({"prompt":[]})"), "");
    EXPECT_EQ(completion(R"({"prompt":null})"), "");
    EXPECT_EQ(completion(R"({"prompt":{"a":"b"}})"), "");
    EXPECT_EQ(completion(R"({"messages":[{"role":"user","content":"no"}]})"), "");
}

TEST(InspectPrompt, TakesTokenIdsAsFourBytesEach) {
    const auto completion = [](std::string_view body) {
        return inspect(Endpoint::completions, body).sink.prompt;
    };
    const std::string ids("\x01\x00\x00\x00\xE8\x03\x00\x00", 8);
    EXPECT_EQ(completion(R"({"prompt":[1, 1000]})"), ids);
    EXPECT_EQ(completion(R"({"prompt":[[1,1000],[7]]})"), ids);
    EXPECT_EQ(completion(R"({"prompt":[1,1000,-5,3]})"), ids);
    EXPECT_EQ(completion(R"({"prompt":[1,1000,99999999999]})"), ids);
    EXPECT_EQ(completion(R"({"prompt":[1,1000,"x"]})"), ids);
}

TEST(InspectPrompt, OfAnEmbeddingIsItsFirstInput) {
    EXPECT_EQ(inspect(Endpoint::embeddings, R"({"input":"a"})").sink.prompt, "a");
    EXPECT_EQ(inspect(Endpoint::embeddings, R"({"input":["a","b"]})").sink.prompt, "a");
    EXPECT_EQ(inspect(Endpoint::embeddings, R"({"messages":[{"role":"user","content":"a"}]})")
                  .sink.prompt,
              M "user" F "a");
}

TEST(InspectPrompt, OfResponsesIsToolsInstructionsAndInput) {
    const auto responses = [](std::string_view body) {
        return inspect(Endpoint::responses, body).sink.prompt;
    };
    EXPECT_EQ(responses(R"({"input":"Hi","instructions":"Be brief.","tools":[1]})"), M
              "[1]"
              "Be brief." M "Hi");
    EXPECT_EQ(responses(R"({"input":[
                {"role":"user","content":[{"type":"input_text","text":"Hi"}]},
                {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
                {"type":"function_call_output","call_id":"c","output":"42"}]})"),
              M "user" F "Hi" M F "f" F "{}" M "42");
}

TEST(InspectPrompt, OfMessagesHasTheSystemBlocksFirst) {
    const auto messages = [](std::string_view body) {
        return inspect(Endpoint::messages, body).sink.prompt;
    };
    EXPECT_EQ(messages(R"({"messages":[{"role":"user","content":"Hi"}],"system":"Be brief."})"),
              "Be brief." M "user" F "Hi");
    EXPECT_EQ(messages(R"({"system":[{"type":"text","text":"Be "},{"type":"text","text":"brief.",
                            "cache_control":{"type":"ephemeral"}}],
                           "messages":[{"role":"user","content":"Hi"}]})"),
              "Be brief." M "user" F "Hi");
}

TEST(InspectPrompt, HasAnthropicsToolUseAndResults) {
    const std::string prompt = inspect(Endpoint::messages, R"({"messages":[
          {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"x":1}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[
             {"type":"text","text":"42"}]}]}]})")
                                   .sink.prompt;

    EXPECT_EQ(prompt, M "assistant" F F "f" F "{\"x\":1}" M "user" F "42");
}

TEST(InspectPrompt, HasDocumentsByHashOrByTheirText) {
    const auto block = [](std::string_view source) {
        return inspect(Endpoint::messages,
                       R"({"messages":[{"role":"user","content":[{"type":"document","source":)" +
                           std::string{source} + "}]}]}")
            .sink.prompt;
    };
    EXPECT_EQ(block(R"({"type":"content","content":[{"type":"text","text":"abc"}]})"),
              M "user" F "abc");
    const std::string hashed = block(R"({"type":"base64","media_type":"x","data":"AAAA"})");
    EXPECT_EQ(hashed.size(), std::string_view{M "user" F}.size() + 16);
}

TEST(InspectPrompt, OfALongerConversationBeginsWithTheShorterOnes) {
    const std::string one = R"({"role":"user","content":"Hi"})";
    const std::string two = one + R"(,{"role":"assistant","content":"Yes?"})";

    const std::string shorter = chat("{\"messages\":[" + one + "]}");
    const std::string longer = chat("{\"messages\":[" + two + "]}");

    EXPECT_EQ(longer.substr(0, shorter.size()), shorter);
    EXPECT_GT(longer.size(), shorter.size());
}

TEST(InspectPrompt, CountsTheBytesItHandsOn) {
    const Inspection result = inspect_chat(R"({"messages":[{"role":"user","content":")" +
                                           std::string(10'000, 'x') + R"("}]})");

    EXPECT_EQ(result.facts.prompt_bytes, result.sink.prompt.size());
    EXPECT_EQ(result.facts.prompt_bytes, 10'006U);
}

TEST(InspectPrompt, JoinsPiecesOfEverySizeInOrder) {
    for (const std::size_t size : {1U, 511U, 512U, 513U, 4095U, 4096U, 4097U, 9000U}) {
        const std::string text(size, 'x');
        std::string body = R"({"messages":[)";
        std::string expected;
        for (int message = 0; message < 20; ++message) {
            body += message == 0 ? "" : ",";
            body += R"({"role":"user","content":")" + text + R"(\n"})";
            expected += M "user" F + text + "\n";
        }
        EXPECT_EQ(chat(body + "]}"), expected) << size;
    }
}

std::string nested(std::uint32_t levels) {
    std::string content = R"("deep")";
    for (std::uint32_t level = 0; level < levels; ++level) {
        content = R"({"content":)" + content + "}";
    }
    return chat(R"({"messages":[)" + content + "]}");
}

TEST(InspectPrompt, LeavesItemsOutThatLieTooDeep) {
    EXPECT_EQ(nested(k_item_depth_max), M "deep");
    EXPECT_EQ(nested(k_item_depth_max + 1), M);
}

}  // namespace
}  // namespace penstock::engine
