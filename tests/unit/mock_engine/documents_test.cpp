// Errors, embeddings and metrics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embeddings.h"
#include "json_text.h"
#include "metrics_page.h"
#include "refusal.h"

namespace penstock::mock_engine {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto k_vllm = fleet::Engine::vllm;
constexpr auto k_sglang = fleet::Engine::sglang;

TEST(Refusal, Refusal_IsNestedByVllm) {
    const Json error = Json::parse(
        to_json({.status = 404, .message = "gone", .param = "model"}, Api::chat, k_vllm));

    EXPECT_EQ(error["error"]["message"], "gone");
    EXPECT_EQ(error["error"]["type"], "NotFoundError");
    EXPECT_EQ(error["error"]["param"], "model");
    EXPECT_EQ(error["error"]["code"], 404);
}

TEST(Refusal, Refusal_IsFlatBySglang) {
    const Json error = Json::parse(to_json({.message = "no"}, Api::chat, k_sglang));

    EXPECT_EQ(error["object"], "error");
    EXPECT_EQ(error["message"], "no");
    EXPECT_EQ(error["code"], 400);
    EXPECT_TRUE(error["param"].is_null());
}

TEST(Refusal, Refusal_HasAnthropicsShapeForMessages) {
    for (const fleet::Engine engine : {k_vllm, k_sglang}) {
        const Json error =
            Json::parse(to_json({.status = 503, .message = "busy"}, Api::messages, engine));

        EXPECT_EQ(error["type"], "error");
        EXPECT_EQ(error["error"]["type"], "overloaded_error");
        EXPECT_EQ(error["error"]["message"], "busy");
    }
}

// RFC 4648 10.
TEST(Embeddings, Base64_PadsAsTheRfcSays) {
    const auto encode = [](std::string_view text) {
        const std::vector<unsigned char> bytes(text.begin(), text.end());
        return base64(bytes);
    };

    EXPECT_EQ(encode(""), "");
    EXPECT_EQ(encode("f"), "Zg==");
    EXPECT_EQ(encode("fo"), "Zm8=");
    EXPECT_EQ(encode("foo"), "Zm9v");
    EXPECT_EQ(encode("foob"), "Zm9vYg==");
    EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Embeddings, Embeddings_DependOnTheTextAlone) {
    Ask ask;
    ask.inputs = {"one", "two", "one"};

    const Json answer = Json::parse(embeddings_answer(ask, {}, {.prompt_tokens = 3}));

    ASSERT_EQ(answer["data"].size(), 3U);
    EXPECT_EQ(answer["data"][0]["embedding"].size(), k_embedding_dimensions);
    EXPECT_EQ(answer["data"][0]["embedding"], answer["data"][2]["embedding"]);
    EXPECT_NE(answer["data"][0]["embedding"], answer["data"][1]["embedding"]);
    EXPECT_EQ(answer["data"][2]["index"], 2);
    EXPECT_EQ(answer["usage"]["prompt_tokens"], 3);
    for (const Json& number : answer["data"][0]["embedding"]) {
        EXPECT_GE(number.get<double>(), -1.0);
        EXPECT_LE(number.get<double>(), 1.0);
    }
}

TEST(Embeddings, Embeddings_ComeInBase64WhenAsked) {
    Ask ask;
    ask.inputs = {"one"};
    ask.base64 = true;

    const Json answer = Json::parse(embeddings_answer(ask, {}, {}));

    // 8 floats are 32 bytes, 44 letters.
    EXPECT_EQ(answer["data"][0]["embedding"].get<std::string>().size(), 44U);
}

MetricsFacts metrics() {
    MetricsFacts facts;
    facts.model = "demo";
    facts.stats.running = 3;
    facts.stats.waiting = 2;
    facts.stats.kv_use = 0.25;
    facts.stats.prompt_tokens = 100;
    facts.stats.generated_tokens = 50;
    facts.stats.cache_queries = 80;
    facts.stats.cache_hits = 40;
    facts.stats.finished = 9;
    facts.stats.aborted = 1;
    facts.at_limit = 4;
    facts.start_seconds = 1'700'000'000.5;
    return facts;
}

TEST(MetricsPage, MetricsPage_HasVllmsNames) {
    const std::string page = metrics_page(metrics());

    EXPECT_THAT(page, HasSubstr("# TYPE vllm:num_requests_running gauge\n"));
    EXPECT_THAT(page,
                HasSubstr("vllm:num_requests_running{engine=\"0\",model_name=\"demo\"} 3.0\n"));
    EXPECT_THAT(page,
                HasSubstr("vllm:num_requests_waiting{engine=\"0\",model_name=\"demo\"} 2.0\n"));
    EXPECT_THAT(page,
                HasSubstr("vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"demo\"} 0.25\n"));
    EXPECT_THAT(page,
                HasSubstr("vllm:prefix_cache_hits_total{engine=\"0\",model_name=\"demo\"} 40.0\n"));
    EXPECT_THAT(page, HasSubstr("finished_reason=\"stop\"} 5.0\n"));
    EXPECT_THAT(page, HasSubstr("finished_reason=\"length\"} 4.0\n"));
    EXPECT_THAT(page, HasSubstr("finished_reason=\"abort\"} 1.0\n"));
    EXPECT_THAT(page, HasSubstr("block_size=\"16\""));
    EXPECT_THAT(page, HasSubstr("num_gpu_blocks=\"16384\""));
    EXPECT_THAT(page, HasSubstr("process_start_time_seconds 1700000000.5\n"));
    EXPECT_THAT(page, Not(HasSubstr("lora")));
}

TEST(MetricsPage, MetricsPage_NamesBusyAdapters) {
    MetricsFacts facts = metrics();
    facts.serves_adapters = true;
    facts.running_adapters = "a,b";
    facts.waiting_adapters = "c";

    EXPECT_THAT(metrics_page(facts), HasSubstr("max_lora=\"8\",running_lora_adapters=\"a,b\","
                                               "waiting_lora_adapters=\"c\"}"));
}

TEST(MetricsPage, MetricsPage_HasSglangsNames) {
    MetricsFacts facts = metrics();
    facts.dialect = k_sglang;

    const std::string page = metrics_page(facts);

    EXPECT_THAT(
        page,
        HasSubstr("sglang:num_running_reqs{engine_type=\"unified\",model_name=\"demo\"} 3.0\n"));
    EXPECT_THAT(
        page,
        HasSubstr("sglang:num_queue_reqs{engine_type=\"unified\",model_name=\"demo\"} 2.0\n"));
    EXPECT_THAT(
        page, HasSubstr("sglang:token_usage{engine_type=\"unified\",model_name=\"demo\"} 0.25\n"));
    EXPECT_THAT(
        page,
        HasSubstr("sglang:cache_hit_rate{engine_type=\"unified\",model_name=\"demo\"} 0.5\n"));
    EXPECT_THAT(
        page,
        HasSubstr(
            "sglang:max_total_num_tokens{engine_type=\"unified\",model_name=\"demo\"} 262144.0\n"));
    EXPECT_THAT(page, Not(HasSubstr("vllm:")));
}

TEST(MetricsPage, MetricsPage_EscapesLabels) {
    MetricsFacts facts = metrics();
    facts.model = "a\"b\\c\nd";

    EXPECT_THAT(metrics_page(facts), HasSubstr(R"(model_name="a\"b\\c\nd")"));
}

}  // namespace
}  // namespace penstock::mock_engine
