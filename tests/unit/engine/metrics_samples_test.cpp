// Every sample page of an engine gives the numbers it was written with.
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "penstock/engine/dialect.h"

namespace penstock::engine {
namespace {

using fleet::Engine;
using fleet::LoadSample;
using Names = std::vector<std::string>;

std::string page(const std::string& name) {
    std::ifstream file{std::string{SOURCE_ROOT} + "/tests/data/metrics/" + name};
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>{file}, {}};
}

LoadSample sample(Engine engine, const std::string& name) {
    const auto result = read_metrics(engine, {}, page(name));
    EXPECT_TRUE(result.has_value()) << name;
    return result.has_value() ? *result : LoadSample{};
}

Names adapters_of(const LoadSample& sample) {
    Names names;
    for (const fleet::AdapterUse& each : sample.adapters) names.push_back(each.name);
    return names;
}

TEST(MetricsSamples, VllmV1) {
    for (const char* name :
         {"vllm_v1_single.prom", "vllm_v1_multiproc.prom", "vllm_v1_openmetrics.om"}) {
        const LoadSample s = sample(Engine::vllm, name);
        EXPECT_EQ(s.running, 5) << name;
        EXPECT_EQ(s.waiting, 2) << name;
        EXPECT_EQ(s.kv_use, 0.4213) << name;
        EXPECT_EQ(s.kv_tokens, 440656) << name;
        EXPECT_EQ(s.cache_queries, 120034) << name;
        EXPECT_EQ(s.cache_hits, 70112) << name;
        EXPECT_EQ(adapters_of(s), (Names{"sql-lora", "json-lora", "tweet-lora"})) << name;
        EXPECT_TRUE(s.adapters.back().waiting) << name;
        EXPECT_EQ(s.adapter_slots, 4) << name;
    }
}

TEST(MetricsSamples, VllmV1WithTwoDataParallelRanks) {
    const LoadSample s = sample(Engine::vllm, "vllm_v1_dp2.prom");
    EXPECT_EQ(s.running, 11);
    EXPECT_EQ(s.waiting, 7);
    EXPECT_DOUBLE_EQ(s.kv_use.value_or(0), (0.4213 + 0.8426) / 2);
    EXPECT_EQ(s.kv_tokens, 2 * 440656);
    EXPECT_EQ(s.cache_queries, 2 * 120034);
    EXPECT_EQ(s.cache_hits, 2 * 70112);
    EXPECT_TRUE(s.adapters.empty());
}

TEST(MetricsSamples, OneOfTwoDataParallelRanks) {
    const auto rank = [](Engine engine, const char* name, std::uint32_t number) {
        return read_metrics(engine, {}, page(name), number).value();
    };
    const LoadSample first = rank(Engine::vllm, "vllm_v1_dp2.prom", 0);
    const LoadSample second = rank(Engine::vllm, "vllm_v1_dp2.prom", 1);
    EXPECT_EQ(first.running, 5);
    EXPECT_EQ(second.running, 6);
    EXPECT_EQ(second.waiting, 5);
    EXPECT_EQ(second.kv_use, 0.8426);
    EXPECT_EQ(second.kv_tokens, 440656);
    EXPECT_EQ(rank(Engine::sglang, "sglang_dp2.prom", 1).running, 4);
    EXPECT_EQ(rank(Engine::vllm, "vllm_v1_dp2.prom", 2).running, std::nullopt);
}

TEST(MetricsSamples, VllmV0) {
    const LoadSample s = sample(Engine::vllm, "vllm_v0_066.prom");
    EXPECT_EQ(s.running, 7);
    EXPECT_EQ(s.waiting, 3);
    EXPECT_EQ(s.kv_use, 0.713);
    EXPECT_EQ(s.kv_tokens, 16 * 1850);
    EXPECT_EQ(s.cache_queries, std::nullopt);
    EXPECT_EQ(adapters_of(s), (Names{"a1", "a2"}));
}

TEST(MetricsSamples, VllmRustFrontend) {
    const LoadSample s = sample(Engine::vllm, "vllm_rust_frontend.om");
    EXPECT_EQ(s.running, 5);
    EXPECT_EQ(s.waiting, 2);
    EXPECT_EQ(s.kv_use, 0.4213);
    EXPECT_EQ(s.kv_tokens, std::nullopt);
}

TEST(MetricsSamples, VllmPageWithoutLoad) {
    const LoadSample s = sample(Engine::vllm, "vllm_v032_admission.prom");
    EXPECT_EQ(s.running, std::nullopt);
    EXPECT_EQ(s.waiting, std::nullopt);
}

TEST(MetricsSamples, Sglang) {
    const LoadSample s = sample(Engine::sglang, "sglang.prom");
    EXPECT_EQ(s.running, 12);
    EXPECT_EQ(s.waiting, 4);
    EXPECT_EQ(s.kv_use, 0.28);
    EXPECT_EQ(s.kv_tokens, 440984);
    EXPECT_EQ(s.cache_queries, 8128902);
    EXPECT_EQ(s.cache_hits, 3021110);
    EXPECT_EQ(s.adapter_slots, 8);
    EXPECT_EQ(s.adapter_slots_used, 2);
}

TEST(MetricsSamples, SglangWithTwoDataParallelRanks) {
    const LoadSample s = sample(Engine::sglang, "sglang_dp2.prom");
    EXPECT_EQ(s.running, 7);
    EXPECT_EQ(s.waiting, 1);
    EXPECT_EQ(s.kv_use, 0.35);
}

TEST(MetricsSamples, SglangV04) {
    const LoadSample s = sample(Engine::sglang, "sglang_v04.prom");
    EXPECT_EQ(s.running, 162);
    EXPECT_EQ(s.waiting, 2826);
    EXPECT_EQ(s.kv_use, 0.28);
    EXPECT_EQ(s.kv_tokens, std::nullopt);
}

TEST(MetricsSamples, LlamaCpp) {
    const LoadSample now = sample(Engine::llamacpp, "llamacpp.prom");
    EXPECT_EQ(now.running, 0);
    EXPECT_EQ(now.waiting, 0);
    EXPECT_EQ(now.kv_use, std::nullopt);
    EXPECT_EQ(now.cache_hits, 181);
    EXPECT_EQ(now.cache_queries, 90 + 181);

    const LoadSample old = sample(Engine::llamacpp, "llamacpp_old_2025.prom");
    EXPECT_EQ(old.running, 2);
    EXPECT_EQ(old.waiting, 1);
    EXPECT_EQ(old.kv_use, 0.0625);
    EXPECT_EQ(old.cache_queries, std::nullopt);
}

TEST(MetricsSamples, Tgi) {
    const LoadSample s = sample(Engine::tgi, "tgi.prom");
    EXPECT_EQ(s.running, 7);
    EXPECT_EQ(s.waiting, 3);
    EXPECT_EQ(s.kv_tokens, 65536);
    EXPECT_DOUBLE_EQ(s.kv_use.value_or(0), 18432.0 / 65536);
}

TEST(MetricsSamples, TensorRtLlmText) {
    const LoadSample s = sample(Engine::trtllm, "trtllm_prometheus.prom");
    EXPECT_EQ(s.running, 6);
    EXPECT_EQ(s.waiting, 1);
    EXPECT_EQ(s.kv_use, 0.332);
    EXPECT_EQ(s.kv_tokens, 101256 * 32);
    EXPECT_EQ(s.running_max, 2048);
    EXPECT_EQ(s.cache_hits, 9112 * 32);
    EXPECT_EQ(s.cache_queries, (9112 + 5812) * 32);
}

TEST(MetricsSamples, TensorRtLlmJson) {
    const LoadSample s = sample(Engine::trtllm, "trtllm_metrics_iterstats.json");
    EXPECT_EQ(s.running, 3);
    EXPECT_EQ(s.waiting, 1);
    EXPECT_EQ(s.running_max, 2048);
    EXPECT_EQ(s.kv_tokens, 101256 * 32);
    EXPECT_DOUBLE_EQ(s.kv_use.value_or(1), 3.0 / 101256);
    EXPECT_EQ(s.cache_hits, 4 * 32);
    EXPECT_EQ(s.cache_queries, 3125 * 32);
}

TEST(MetricsSamples, Triton) {
    const LoadSample s = sample(Engine::trtllm, "triton_trtllm.prom");
    EXPECT_EQ(s.running, 0);
    EXPECT_EQ(s.waiting, 1);
    EXPECT_EQ(s.running_max, 512);
    EXPECT_EQ(s.kv_use, 0.4875);
    EXPECT_EQ(s.kv_tokens, 6239 * 64);
}

TEST(MetricsSamples, BelievesNoAbsurdCapacity) {
    const auto capacity = [](std::string_view number) {
        const std::string text = "vllm:cache_config_info{num_gpu_blocks=\"" + std::string{number} +
                                 "\",block_size=\"16\"} 1\n";
        return read_metrics(Engine::vllm, {}, text).value().kv_tokens;
    };

    EXPECT_EQ(capacity("62500000000"), 1e12);
    EXPECT_EQ(capacity("62500000001"), std::nullopt);
    EXPECT_EQ(capacity("1e300"), std::nullopt);
    EXPECT_EQ(capacity("inf"), std::nullopt);
    EXPECT_EQ(capacity("nan"), std::nullopt);
    EXPECT_EQ(capacity("-5"), std::nullopt);
}

TEST(MetricsSamples, LmDeploy) {
    const LoadSample s = sample(Engine::lmdeploy, "lmdeploy.prom");
    EXPECT_EQ(s.running, 4);
    EXPECT_EQ(s.waiting, 1);
    EXPECT_EQ(s.kv_use, 0.215);
    EXPECT_EQ(s.kv_tokens, 64 * 1833);
    EXPECT_EQ(s.cache_queries, 33011);
    EXPECT_EQ(s.cache_hits, 14522);
}

}  // namespace
}  // namespace penstock::engine
