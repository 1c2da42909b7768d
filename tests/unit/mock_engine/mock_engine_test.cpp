// The endpoints beside generation, faults, and what tests may ask.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_harness.h"
#include "request_log.h"

namespace penstock::mock_engine {
namespace {

using support::Ending;
using testing::HasSubstr;

constexpr const char* k_chat = "/v1/chat/completions";

TEST(MockEngine, Models_ListsModelsAndAdaptersWithTheirParent) {
    EngineOptions options = fast_options();
    options.models = {"base", "alias"};
    options.adapters = {"sql-lora"};
    EngineHarness harness{options};

    const Json models = harness.get("/v1/models").json();

    ASSERT_EQ(models["data"].size(), 3U);
    EXPECT_EQ(models["data"][0]["id"], "base");
    EXPECT_TRUE(models["data"][0]["parent"].is_null());
    EXPECT_EQ(models["data"][0]["max_model_len"], 131'072);
    EXPECT_EQ(models["data"][2]["id"], "sql-lora");
    EXPECT_EQ(models["data"][2]["parent"], "base");
}

TEST(MockEngine, Health_IsAnsweredWithAnEmptyBody) {
    EngineHarness harness;

    for (const char* path : {"/health", "/ping"}) {
        EXPECT_EQ(harness.get(path).status(), 200);
        EXPECT_EQ(harness.get(path).stream.body(), "");
    }
}

TEST(MockEngine, Metrics_FollowTheModel) {
    EngineHarness harness;
    harness.post(k_chat, chat_body("Hi", 7, false));

    const Exchange& page = harness.get("/metrics");

    EXPECT_THAT(
        page.stream.body(),
        HasSubstr("vllm:generation_tokens_total{engine=\"0\",model_name=\"demo-model\"} 7.0"));
    EXPECT_THAT(page.stream.body(), HasSubstr("finished_reason=\"length\"} 1.0"));
    EXPECT_THAT(page.stream.response().fields.find(http::FieldName::content_type).value_or(""),
                HasSubstr("text/plain"));
}

TEST(MockEngine, Tokenize_CountsAsUsageDoes) {
    EngineHarness harness;

    const Json tokens = harness.post("/tokenize", R"({"prompt":"nine byte"})").json();
    const Json count =
        harness
            .post("/v1/messages/count_tokens", R"({"messages":[{"role":"user","content":"Hi"}]})")
            .json();
    const Json usage = harness.post(k_chat, chat_body("Hi", 1, false)).json()["usage"];

    EXPECT_EQ(tokens["count"], 3);
    EXPECT_EQ(tokens["tokens"].size(), 3U);
    EXPECT_EQ(count["input_tokens"], usage["prompt_tokens"]);
}

TEST(MockEngine, Routes_TellUnknownPathsFromWrongMethods) {
    EngineHarness harness;

    EXPECT_EQ(harness.get("/nowhere").status(), 404);
    EXPECT_EQ(harness.get(k_chat).status(), 405);
    EXPECT_EQ(harness.post("/v1/models", "{}").status(), 405);
}

TEST(MockEngine, Routes_IgnoreTheQuery) {
    EngineHarness harness;

    EXPECT_EQ(harness.get("/health?deep=1").status(), 200);
}

TEST(MockEngine, Echo_GivesTheBodyBackAsItCame) {
    EngineHarness harness;
    std::string body;
    for (int i = 0; i < 256; ++i) body += static_cast<char>(i);
    Exchange& exchange = harness.start(support::request(http::Method::put, "/mock/echo?x=1"), body);
    exchange.stream.pieces_of(7);

    harness.run(exchange);

    EXPECT_EQ(exchange.stream.body(), body);
    EXPECT_EQ(exchange.stream.response().fields.find("X-Echo-Method"), "PUT");
    EXPECT_EQ(exchange.stream.response().fields.find("X-Echo-Target"), "/mock/echo?x=1");
}

TEST(MockEngine, Faults_StatusAnswersGenerationOnly) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"status":503})");

    EXPECT_EQ(harness.post(k_chat, chat_body("Hi", 1, true)).status(), 503);
    EXPECT_EQ(harness.get("/health").status(), 200);
    harness.post("/mock/faults", "{}");

    EXPECT_EQ(harness.post(k_chat, chat_body("Hi", 1, true)).status(), 200);
}

TEST(MockEngine, Faults_AreToldAndRefusedWhenUnknown) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"stall_after":2})");

    EXPECT_EQ(harness.post("/mock/faults", R"({"stall":2})").status(), 400);

    EXPECT_EQ(harness.get("/mock/faults").json()["stall_after"], 2);
}

TEST(MockEngine, Faults_StartupAnswersLoadingUntilItHasPassed) {
    EngineOptions options = fast_options();
    options.faults.startup = std::chrono::hours{1};
    EngineHarness harness{options};

    EXPECT_EQ(harness.get("/health").status(), 503);
    EXPECT_EQ(harness.get("/v1/models").status(), 503);
    EXPECT_EQ(harness.post(k_chat, chat_body("Hi", 1, false)).status(), 503);
    harness.post("/mock/faults", "{}");

    EXPECT_EQ(harness.get("/health").status(), 200);
}

TEST(MockEngine, Faults_SglangListsModelsWhileLoading) {
    EngineOptions options = fast_options();
    options.dialect = fleet::Engine::sglang;
    options.faults.startup = std::chrono::hours{1};
    EngineHarness harness{options};

    EXPECT_EQ(harness.get("/v1/models").status(), 200);
    EXPECT_EQ(harness.get("/health").status(), 503);
}

TEST(MockEngine, Faults_HangSendsNoByte) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"hang":true})");
    const Exchange& hanging = harness.start(k_chat, chat_body("Hi", 1, true));
    harness.post("/mock/faults", "{}");

    harness.post(k_chat, chat_body("other", 20, true));

    EXPECT_FALSE(hanging.ended());
    EXPECT_FALSE(hanging.stream.responded());
}

TEST(MockEngine, Faults_StallFallsSilentAfterItsTokens) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"stall_after":3})");
    const Exchange& stalled = harness.start(k_chat, chat_body("Hi", 10, true));
    harness.post("/mock/faults", "{}");

    harness.post(k_chat, chat_body("other", 20, true));

    EXPECT_FALSE(stalled.ended());
    EXPECT_EQ(stalled.stream.writes(), 1 + 3);
}

TEST(MockEngine, Faults_ResetBreaksOffAfterItsTokens) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"reset_after":3})");

    const Exchange& reset = harness.post(k_chat, chat_body("Hi", 10, true));

    EXPECT_EQ(reset.stream.ending(), Ending::broken_off);
    EXPECT_EQ(reset.stream.writes(), 1 + 3);
    EXPECT_EQ(harness.last_logged()["state"], "broken");
}

TEST(MockEngine, Faults_ResetBeyondTheAnswersEndIsNothing) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"reset_after":3})");

    EXPECT_EQ(harness.post(k_chat, chat_body("Hi", 3, true)).stream.ending(), Ending::finished);
    EXPECT_EQ(harness.post(k_chat, chat_body("Hi", 4, true)).stream.ending(), Ending::broken_off);
}

TEST(MockEngine, Faults_RefuseTellsTheOwnerOfThePort) {
    EngineHarness harness;
    std::vector<bool> told;
    harness.engine.on_refuse([&](bool refuse) { told.push_back(refuse); });

    harness.post("/mock/faults", R"({"refuse":true})");
    const Exchange& refused = harness.get("/health");
    harness.post("/mock/faults", R"({"refuse":true,"status":500})");
    harness.post("/mock/faults", "{}");

    EXPECT_EQ(told, (std::vector<bool>{true, false}));
    EXPECT_FALSE(refused.stream.responded());
    EXPECT_EQ(refused.stream.ending(), Ending::broken_off);
}

TEST(MockEngine, Faults_EndByThemselvesWhenTold) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"status":500,"lasting":1})");

    EXPECT_TRUE(harness.run_until(
        [&] { return harness.start(support::get("/mock/faults")).json()["status"] == 0; }));
}

TEST(MockEngine, Faults_SlowMetricsComeLate) {
    EngineHarness harness;
    harness.post("/mock/faults", R"({"slow_metrics":1})");

    Exchange& page = harness.start(support::get("/metrics"));
    EXPECT_FALSE(page.ended());
    harness.run(page);

    EXPECT_EQ(page.status(), 200);
}

TEST(MockEngine, Restart_BreaksOffWhatRunsAndColdStartsTheCache) {
    EngineHarness harness;
    const std::string body = chat_body(std::string(1'000, 'x'), 1, false);
    harness.post(k_chat, body);
    Exchange& streaming = harness.start(k_chat, chat_body("Hi", 100'000, true));
    Exchange& whole = harness.start(k_chat, chat_body("Hi", 100'000, false));
    ASSERT_TRUE(harness.run_until([&] { return streaming.stream.writes() > 3; }));

    EXPECT_EQ(harness.post("/mock/restart", "").status(), 200);

    EXPECT_TRUE(harness.run(streaming).ended());
    EXPECT_EQ(streaming.stream.ending(), Ending::broken_off);
    EXPECT_EQ(whole.stream.ending(), Ending::broken_off);
    EXPECT_FALSE(whole.stream.responded());
    EXPECT_THAT(harness.get("/metrics").stream.body(),
                HasSubstr("vllm:prompt_tokens_total{engine=\"0\",model_name=\"demo-model\"} 0.0"));
    EXPECT_EQ(harness.post(k_chat, body).json()["usage"]["prompt_tokens_details"]["cached_tokens"],
              0);
}

TEST(MockEngine, Log_KeepsHeadersAndCounts) {
    EngineHarness harness;
    http::RequestHead head = support::request(http::Method::post, k_chat);
    head.fields.append(http::FieldName::x_request_id, "abc");
    head.fields.append("X-Custom", "v");
    harness.run(harness.start(head, chat_body("Hi", 4, true)));

    const Json log = harness.get("/mock/log").json();

    EXPECT_EQ(log["engine"], "engine-0");
    ASSERT_EQ(log["requests"].size(), 1U);
    const Json line = log["requests"][0];
    EXPECT_EQ(line["x_request_id"], "abc");
    EXPECT_EQ(line["id"], "chatcmpl-abc");
    EXPECT_EQ(line["finished"], true);
    EXPECT_EQ(line["cancelled"], false);
    EXPECT_EQ(line["output_tokens"], 4);
    EXPECT_EQ(line["headers"][1], Json::array({"X-Custom", "v"}));
}

TEST(MockEngine, Log_TellsWhatCameSince) {
    EngineHarness harness;
    for (int i = 0; i < 3; ++i) harness.post(k_chat, chat_body("Hi", 1, false));

    const Json log = harness.get("/mock/log?since=2").json();

    ASSERT_EQ(log["requests"].size(), 1U);
    EXPECT_EQ(log["requests"][0]["sequence"], 3);
    EXPECT_EQ(log["last"], 3);
}

TEST(RequestLog, RequestLog_ForgetsTheOldest) {
    RequestLog log;
    const http::RequestHead head = support::get("/");
    const RequestLog::Entry oldest{log, head};

    for (std::size_t i = 1; i < RequestLog::k_kept; ++i) RequestLog::Entry{log, head};
    EXPECT_THAT(log.to_json("e", 0), HasSubstr("\"sequence\":1,"));
    RequestLog::Entry{log, head};

    EXPECT_EQ(log.size(), RequestLog::k_kept);
    EXPECT_THAT(log.to_json("e", 0), testing::Not(HasSubstr("\"sequence\":1,")));
}

}  // namespace
}  // namespace penstock::mock_engine
