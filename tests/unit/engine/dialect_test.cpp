#include "penstock/engine/dialect.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gauge.h"

namespace penstock::engine {
namespace {

using fleet::Engine;
using fleet::Health;
using fleet::LoadSample;

constexpr Engine k_engines[] = {Engine::vllm,   Engine::sglang,   Engine::llamacpp, Engine::tgi,
                                Engine::trtllm, Engine::lmdeploy, Engine::custom};

LoadSample read(Engine engine, std::string_view page, const CustomNames& names = {}) {
    const auto result = read_metrics(engine, names, page);
    EXPECT_TRUE(result.has_value()) << page;
    return result.has_value() ? *result : LoadSample{};
}

TEST(Dialect, PrefersTheNewerOfTwoNamesOfOneThing) {
    EXPECT_EQ(
        read(Engine::vllm, "vllm:gpu_cache_usage_perc 0.5\nvllm:kv_cache_usage_perc 0.4\n").kv_use,
        0.4);
    EXPECT_EQ(read(Engine::vllm,
                   "vllm:gpu_prefix_cache_queries_total 10\n"
                   "vllm:gpu_prefix_cache_hits_total 4\n")
                  .cache_hits,
              4);
}

TEST(Dialect, IgnoresValuesThatCannotBe) {
    EXPECT_EQ(read(Engine::vllm, "vllm:num_requests_running NaN\n").running, std::nullopt);
    EXPECT_EQ(read(Engine::vllm, "vllm:num_requests_running +Inf\n").running, std::nullopt);
    EXPECT_EQ(read(Engine::vllm, "vllm:num_requests_running -1\n").running, std::nullopt);
    EXPECT_EQ(read(Engine::vllm, "vllm:kv_cache_usage_perc 1.5\n").kv_use, 1.0);
}

TEST(Dialect, ReadsTheCapacityOnlyWhereItIsKnown) {
    EXPECT_EQ(
        read(Engine::vllm, "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"None\"} 1\n")
            .kv_tokens,
        std::nullopt);
    EXPECT_EQ(
        read(Engine::vllm, "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"0\"} 1\n")
            .kv_tokens,
        std::nullopt);
    EXPECT_EQ(read(Engine::sglang, "sglang:max_total_num_tokens 0\n").kv_tokens, std::nullopt);
}

TEST(Dialect, ReadsTheHostsMemoryBesideTheCapacity) {
    const LoadSample sample =
        read(Engine::sglang,
             "sglang:max_total_num_tokens 1000\nsglang:hicache_host_total_tokens 4000\n");

    EXPECT_EQ(sample.kv_tokens, 1000);
    EXPECT_EQ(sample.kv_host_tokens, 4000);
    EXPECT_EQ(fleet::cache_tokens(sample), 5000);
}

TEST(Dialect, CountsWhatAConnectorFindsAsFound) {
    const LoadSample sample = read(Engine::vllm,
                                   "vllm:prefix_cache_queries_total 1000\n"
                                   "vllm:prefix_cache_hits_total 100\n"
                                   "vllm:external_prefix_cache_hits_total 700\n");

    EXPECT_EQ(sample.cache_queries, 1000);
    EXPECT_EQ(sample.cache_hits, 800);
}

TEST(Dialect, TakesTheNewestSeriesOfAdapters) {
    const LoadSample sample = read(
        Engine::vllm,
        "vllm:lora_requests_info{running_lora_adapters=\"new, "
        "new\",waiting_lora_adapters=\"w\\\"\"} 9\n"
        "vllm:lora_requests_info{running_lora_adapters=\"old\",waiting_lora_adapters=\"\"} 8\n");

    EXPECT_EQ(sample.adapters,
              (std::vector<fleet::AdapterUse>{{"new", fleet::adapter_id("new"), false},
                                              {"w\"", fleet::adapter_id("w\""), true}}));
}

TEST(Dialect, ReadsTheProcessStart) {
    for (const Engine engine : k_engines) {
        EXPECT_EQ(read(engine, "process_start_time_seconds 1.7e9\n").start_time, 1.7e9);
    }
}

TEST(Dialect, SglangTotalsLeaveTheirPartsOut) {
    EXPECT_EQ(read(Engine::sglang,
                   "sglang:num_running_reqs{priority=\"\"} 5\n"
                   "sglang:num_running_reqs{priority=\"1\"} 2\n"
                   "sglang:num_running_reqs{priority=\"2\"} 3\n")
                  .running,
              5);
}

TEST(Dialect, SglangCountsEachDataParallelRankOnce) {
    EXPECT_EQ(read(Engine::sglang,
                   "sglang:num_running_reqs{dp_rank=\"0\",tp_rank=\"0\"} 5\n"
                   "sglang:num_running_reqs{dp_rank=\"0\",tp_rank=\"1\"} 5\n"
                   "sglang:num_running_reqs{dp_rank=\"1\",tp_rank=\"2\"} 3\n"
                   "sglang:num_running_reqs{dp_rank=\"1\",tp_rank=\"3\"} 3\n")
                  .running,
              8);
}

TEST(Dialect, SglangQueuesOfDisaggregationCountAsWaiting) {
    EXPECT_EQ(read(Engine::sglang,
                   "sglang:num_queue_reqs 1\nsglang:num_decode_prealloc_queue_reqs 2\n"
                   "sglang:num_grammar_queue_reqs 4\n")
                  .waiting,
              7);
    EXPECT_EQ(read(Engine::sglang, "sglang:num_grammar_queue_reqs 4\n").waiting, std::nullopt);
}

TEST(Dialect, SglangCachedTokensAreSummedOverTheirSources) {
    const LoadSample sample = read(Engine::sglang,
                                   "sglang:prompt_tokens_total 100\n"
                                   "sglang:cached_tokens_total{cache_source=\"device\"} 30\n"
                                   "sglang:cached_tokens_total{cache_source=\"host\"} 20\n");
    EXPECT_EQ(sample.cache_hits, 50);
    EXPECT_EQ(sample.cache_queries, 100);
}

TEST(Dialect, ReadsCustomNames) {
    const CustomNames names{"my_running", "my_waiting", "", "my_tokens"};

    const LoadSample sample =
        read(Engine::custom, "my_running{a=\"1\"} 2\nmy_running{a=\"2\"} 3\nmy_tokens 1000\n 4\n",
             names);

    EXPECT_EQ(sample.running, 5);
    EXPECT_EQ(sample.waiting, std::nullopt);
    EXPECT_EQ(sample.kv_use, std::nullopt);
    EXPECT_EQ(sample.kv_tokens, 1000);
}

TEST(Dialect, TakesAnEmptyPageForAnEngineThatCountedNothing) {
    EXPECT_EQ(read(Engine::sglang, "").running, std::nullopt);
    EXPECT_EQ(read(Engine::sglang, "\n\n").running, std::nullopt);
    EXPECT_EQ(read(Engine::vllm, "# EOF\n").running, std::nullopt);
    EXPECT_EQ(read(Engine::trtllm, "[]").running, std::nullopt);
}

TEST(Dialect, RefusesPagesThatAreNoExposition) {
    for (const std::string_view page :
         {"<html><body>no</body></html>", R"({"error":"no"})", "Not Found", "not found\n"}) {
        for (const Engine engine : k_engines) {
            if (engine == Engine::trtllm) continue;
            const auto result = read_metrics(engine, {}, page);
            ASSERT_FALSE(result.has_value()) << page;
            EXPECT_EQ(result.error().code(), ErrorCode::invalid_value);
        }
    }
    for (const std::string_view page : {"[", "[1", "[1,]", "{\"a\"", "Not Found", "[{]"}) {
        EXPECT_FALSE(read_metrics(Engine::trtllm, {}, page).has_value()) << page;
    }
}

TEST(Dialect, TakesTheNewestIteration) {
    EXPECT_EQ(read(Engine::trtllm, R"([{"numActiveRequests":1},{"numActiveRequests":2}])").running,
              2);
    EXPECT_EQ(read(Engine::trtllm, R"({"numActiveRequests":3})").running, 3);
    EXPECT_EQ(read(Engine::trtllm, R"([{"numActiveRequests":-3}])").running, std::nullopt);
    EXPECT_EQ(read(Engine::trtllm, R"([7])").running, std::nullopt);
}

TEST(Dialect, SumsRanksUpToTheirBound) {
    const auto page = [](std::size_t ranks) {
        std::string text;
        for (std::size_t rank = 0; rank < ranks; ++rank) {
            text += "vllm:num_requests_running{engine=\"" + std::to_string(rank) + "\"} 1\n";
        }
        return text;
    };
    EXPECT_EQ(read(Engine::vllm, page(Gauge::k_ranks_max)).running, Gauge::k_ranks_max);
    EXPECT_EQ(read(Engine::vllm, page(Gauge::k_ranks_max + 1)).running, Gauge::k_ranks_max);
}

TEST(Dialect, KnowsThePathsOfEveryEngine) {
    for (const Engine engine : k_engines) {
        EXPECT_EQ(paths_of(engine).health, "/health");
        EXPECT_EQ(paths_of(engine).models, "/v1/models");
        EXPECT_EQ(paths_of(engine).metrics,
                  engine == Engine::trtllm ? "/prometheus/metrics" : "/metrics");
    }
}

TEST(Dialect, JudgesHealthByStatusAndEngine) {
    for (const Engine engine : k_engines) {
        EXPECT_EQ(judge_health(engine, 200), Health::healthy);
        EXPECT_EQ(judge_health(engine, 204), Health::healthy);
        for (const int status : {0, 199, 300, 404, 500, 502}) {
            EXPECT_EQ(judge_health(engine, status), Health::unhealthy) << status;
        }
    }
    EXPECT_EQ(judge_health(Engine::llamacpp, 503), Health::loading);
    EXPECT_EQ(judge_health(Engine::sglang, 503), Health::loading);
    EXPECT_EQ(judge_health(Engine::lmdeploy, 503), Health::loading);
    EXPECT_EQ(judge_health(Engine::vllm, 503), Health::unhealthy);
    EXPECT_EQ(judge_health(Engine::custom, 503), Health::unhealthy);
}

RC_GTEST_PROP(DialectProperty, AnyPageIsBorneAndGivesSaneNumbers, (const std::string& junk)) {
    const std::string page =
        "vllm:kv_cache_usage_perc " + junk + "\nvllm:num_requests_running{" + junk + "} 1\n" + junk;

    const auto result = read_metrics(Engine::vllm, {}, page);

    if (result.has_value() && result->kv_use) {
        RC_ASSERT(*result->kv_use >= 0 && *result->kv_use <= 1);
    }
    static_cast<void>(read_metrics(Engine::trtllm, {}, "[" + junk + "]"));
}

}  // namespace
}  // namespace penstock::engine
