#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"
#include "text.h"

namespace penstock::mock_engine {
namespace {

using support::Ending;
using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* k_chat = "/v1/chat/completions";

std::string expected_text(std::string_view content, std::uint32_t tokens, std::uint64_t seed = 1) {
    const std::string prompt = "<|user|>\n" + std::string{content} + "\n<|assistant|>\n";
    const Text text{seed, prompt};
    std::string all;
    for (std::uint32_t i = 0; i < tokens; ++i) all += text.token(i).plain;
    return all;
}

http::RequestHead chat_head(std::string_view request_id) {
    http::RequestHead head = support::request(http::Method::post, k_chat);
    head.fields.append(http::FieldName::x_request_id, request_id);
    return head;
}

TEST(Generation, Chat_StreamsTheTextOfItsPrompt) {
    EngineHarness harness;

    const Exchange& exchange = harness.post(k_chat, chat_body("Hi", 200, true));

    EXPECT_EQ(exchange.status(), 200);
    EXPECT_EQ(exchange.stream.response().fields.find("X-Engine-Id"), "engine-0");
    EXPECT_EQ(exchange.stream.response().framing, http::Framing::chunked);
    EXPECT_EQ(chat_text(exchange.stream.body()), expected_text("Hi", 200));
    EXPECT_THAT(exchange.stream.body(), EndsWith("data: [DONE]\n\n"));
    EXPECT_EQ(exchange.stream.ending(), Ending::finished);
}

TEST(Generation, Chat_AnswersTheSameTextWhole) {
    EngineHarness harness;

    const Exchange& exchange = harness.post(k_chat, chat_body("Hi", 20, false));

    EXPECT_EQ(exchange.json()["choices"][0]["message"]["content"], expected_text("Hi", 20));
    EXPECT_EQ(exchange.json()["usage"]["completion_tokens"], 20);
}

TEST(Generation, Chat_AnotherSeedSaysSomethingElse) {
    EngineOptions options = fast_options();
    options.seed = 2;
    EngineHarness harness{options};

    const Exchange& exchange = harness.post(k_chat, chat_body("Hi", 20, false));

    EXPECT_EQ(exchange.json()["choices"][0]["message"]["content"], expected_text("Hi", 20, 2));
}

TEST(Generation, Chat_StopsByItselfWithoutAMaximum) {
    EngineHarness harness;

    const Exchange& exchange =
        harness.post("/v1/completions", R"({"model":"demo-model","prompt":"p"})");

    EXPECT_EQ(exchange.json()["usage"]["completion_tokens"], 32);
    EXPECT_EQ(exchange.json()["choices"][0]["finish_reason"], "stop");
}

TEST(Generation, Chat_SendsTheHeadBeforeTheFirstToken) {
    EngineHarness harness;

    const Exchange& exchange = harness.start(k_chat, chat_body("Hi", 2, true));

    EXPECT_TRUE(exchange.stream.responded());
    EXPECT_EQ(exchange.stream.flushes(), 1);
    EXPECT_EQ(exchange.stream.body(), "");
}

TEST(Generation, Chat_SendsEachEventInAWriteOfItsOwn) {
    EngineHarness harness;

    const Exchange& exchange = harness.post(k_chat, chat_body("Hi", 5, true));

    EXPECT_EQ(exchange.stream.writes(), 1 + 5 + 1);  // role, tokens, [DONE]
}

TEST(Generation, Chat_ManyAtOnceGetEachTheirOwnText) {
    EngineHarness harness;
    std::vector<Exchange*> exchanges;
    for (int i = 0; i < 200; ++i) {
        exchanges.push_back(&harness.start(k_chat, chat_body(std::to_string(i), 30, true)));
    }

    ASSERT_TRUE(harness.run_until(
        [&] { return std::ranges::all_of(exchanges, [](auto* e) { return e->ended(); }); }));

    for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(chat_text(exchanges[static_cast<std::size_t>(i)]->stream.body()),
                  expected_text(std::to_string(i), 30));
    }
}

TEST(Generation, Chat_WaitsForASlowReader) {
    EngineHarness harness;
    Exchange& slow = harness.start(k_chat, chat_body("slow", 5, true));
    slow.stream.block_writes();
    harness.post(k_chat, chat_body("other", 20, true));

    EXPECT_EQ(slow.stream.writes(), 1);
    slow.stream.unblock_writes();
    harness.run(slow);

    EXPECT_EQ(chat_text(slow.stream.body()), expected_text("slow", 5));
}

TEST(Generation, Chat_TellsCachedTokensOfARepeatedPrompt) {
    EngineHarness harness;
    const std::string body = chat_body(std::string(1'000, 'x'), 1, false);

    EXPECT_EQ(harness.post(k_chat, body).json()["usage"]["prompt_tokens_details"]["cached_tokens"],
              0);
    const Json usage = harness.post(k_chat, body).json()["usage"];

    EXPECT_GT(usage["prompt_tokens_details"]["cached_tokens"], 200);
    EXPECT_EQ(usage["prompt_tokens_details"]["cached_tokens"].get<int>() % 16, 0);
}

TEST(Generation, Chat_AdaptersAndSaltsShareNoPrefix) {
    EngineOptions options = fast_options();
    options.adapters = {"sql-lora"};
    EngineHarness harness{options};
    const auto cached = [&](const char* model, const char* salt) {
        const Exchange& exchange = harness.post(
            "/v1/completions",
            to_text({{"model", model}, {"prompt", std::string(1'000, 'x')}, {"cache_salt", salt}}));
        return exchange.json()["usage"]["prompt_tokens_details"]["cached_tokens"].get<int>();
    };

    EXPECT_EQ(cached("demo-model", ""), 0);
    EXPECT_EQ(cached("sql-lora", ""), 0);
    EXPECT_EQ(cached("demo-model", "salt"), 0);
    EXPECT_GT(cached("demo-model", ""), 0);
    EXPECT_GT(cached("sql-lora", ""), 0);
    EXPECT_GT(cached("demo-model", "salt"), 0);
}

TEST(Generation, Messages_StreamAndAnswer) {
    EngineHarness harness;
    const std::string ask =
        R"({"model":"demo-model","max_tokens":3,"messages":[{"role":"user","content":"Hi"}])";

    const Exchange& streamed = harness.post("/v1/messages", ask + R"(,"stream":true})");
    const Exchange& whole = harness.post("/v1/messages", ask + "}");

    EXPECT_THAT(streamed.stream.body(), testing::StartsWith("event: message_start\n"));
    EXPECT_THAT(streamed.stream.body(), HasSubstr("event: message_stop\n"));
    EXPECT_EQ(whole.json()["content"][0]["text"], expected_text("Hi", 3));
    EXPECT_EQ(whole.json()["stop_reason"], "max_tokens");
}

TEST(Generation, Responses_StreamAndAnswer) {
    EngineHarness harness;
    const std::string ask = R"({"model":"demo-model","input":"Hi","max_output_tokens":3)";

    const Exchange& streamed = harness.post("/v1/responses", ask + R"(,"stream":true})");
    const Exchange& whole = harness.post("/v1/responses", ask + "}");

    EXPECT_THAT(streamed.stream.body(), HasSubstr("event: response.incomplete\n"));
    EXPECT_EQ(whole.json()["output"][0]["content"][0]["text"], expected_text("Hi", 3));
}

TEST(Generation, Embeddings_AnswerEachInput) {
    EngineHarness harness;

    const Exchange& exchange =
        harness.post("/v1/embeddings", R"({"model":"demo-model","input":["a","b"],"stream":true})");

    EXPECT_EQ(exchange.status(), 200);
    EXPECT_EQ(exchange.json()["data"].size(), 2U);
}

TEST(Generation, Refuses_WhatIsNotJson) {
    EngineHarness harness;

    const Exchange& exchange = harness.post(k_chat, "{");

    EXPECT_EQ(exchange.status(), 400);
    EXPECT_EQ(exchange.json()["error"]["type"], "BadRequestError");
    EXPECT_EQ(exchange.stream.response().fields.find("X-Engine-Id"), "engine-0");
}

TEST(Generation, Refuses_AnUnknownModel) {
    EngineHarness harness;

    const Exchange& exchange = harness.post("/v1/completions", R"({"model":"x","prompt":"p"})");

    EXPECT_EQ(exchange.status(), 404);
    EXPECT_EQ(exchange.json()["error"]["message"], "The model `x` does not exist.");
    EXPECT_EQ(exchange.json()["error"]["param"], "model");
}

TEST(Generation, Refuses_MoreThanTheContextHolds) {
    EngineOptions options = fast_options();
    options.profile.kv_blocks = 2;  // 32 tokens
    EngineHarness harness{options};
    const auto status = [&](std::size_t prompt_bytes, int max_tokens) {
        return harness
            .post("/v1/completions",
                  to_text({{"prompt", std::string(prompt_bytes, 'x')}, {"max_tokens", max_tokens}}))
            .status();
    };

    EXPECT_EQ(status(80, 12), 200);
    EXPECT_EQ(status(80, 13), 400);
    EXPECT_EQ(status(81, 12), 400);
}

TEST(Generation, Vllm_RefusesARequestIdThatIsRunning) {
    EngineHarness harness;
    Exchange& first = harness.start(chat_head("same"), chat_body("a", 5, true));

    EXPECT_EQ(harness.start(chat_head("same"), chat_body("b", 1, true)).status(), 400);
    harness.run(first);

    EXPECT_THAT(first.stream.body(), HasSubstr("\"id\":\"chatcmpl-same\""));
    EXPECT_EQ(harness.run(harness.start(chat_head("same"), chat_body("c", 1, true))).status(), 200);
}

TEST(Generation, Sglang_MindsNoRequestIds) {
    EngineOptions options = fast_options();
    options.dialect = fleet::Engine::sglang;
    EngineHarness harness{options};
    harness.start(chat_head("same"), chat_body("a", 5, true));

    EXPECT_EQ(harness.run(harness.start(chat_head("same"), chat_body("b", 1, true))).status(), 200);
}

TEST(Generation, Sglang_TakesAnAdapterBehindItsBaseModel) {
    EngineOptions options = fast_options();
    options.dialect = fleet::Engine::sglang;
    options.adapters = {"sql-lora"};
    EngineHarness harness{options};

    EXPECT_EQ(
        harness.post("/v1/completions", R"({"model":"demo-model:sql-lora","prompt":"p"})").status(),
        200);
    EXPECT_EQ(
        harness.post("/v1/completions", R"({"model":"demo-model:other","prompt":"p"})").status(),
        404);
}

TEST(Generation, AClientThatGoesAwayAbortsItsRequest) {
    EngineHarness harness;
    Exchange& leaving = harness.start(chat_head("leaving"), chat_body("Hi", 100'000, true));
    ASSERT_TRUE(harness.run_until([&] { return leaving.stream.writes() > 3; }));

    leaving.go_away();

    const Json line = harness.last_logged();
    EXPECT_EQ(line["x_request_id"], "leaving");
    EXPECT_EQ(line["cancelled"], true);
    EXPECT_GE(line["output_tokens"], 3);
    const std::string page = harness.get("/metrics").stream.body();
    EXPECT_THAT(page, HasSubstr("finished_reason=\"abort\"} 1.0\n"));
    EXPECT_THAT(page,
                HasSubstr("vllm:num_requests_running{engine=\"0\",model_name=\"demo-model\"} 0.0"));
}

TEST(Generation, AClientThatGoesAwayWhileQueuedAbortsItsRequest) {
    EngineOptions options = fast_options();
    options.profile.max_running = 1;
    EngineHarness harness{options};
    Exchange& running = harness.start(k_chat, chat_body("running", 20, true));
    Exchange& queued = harness.start(k_chat, chat_body("queued", 20, false));

    queued.go_away();
    harness.run(running);

    EXPECT_EQ(harness.last_logged()["cancelled"], true);
    EXPECT_EQ(chat_text(running.stream.body()), expected_text("running", 20));
}

}  // namespace
}  // namespace penstock::mock_engine
