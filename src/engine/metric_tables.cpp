#include "metric_tables.h"

#include <array>

namespace penstock::engine {
namespace {

using enum Field;

constexpr MetricRow k_process_start{"process_start_time_seconds", start_time, Combine::max};

constexpr std::array k_vllm{
    MetricRow{"vllm:num_requests_running", running},
    MetricRow{"vllm:num_requests_waiting", waiting},
    MetricRow{"vllm:kv_cache_usage_perc", kv_use, Combine::rank_mean},
    MetricRow{"vllm:gpu_cache_usage_perc", kv_use, Combine::rank_mean},
    MetricRow{"vllm:cache_config_info", kv_tokens, Combine::rank_sum, Take::capacity},
    MetricRow{"vllm:prefix_cache_queries_total", cache_queries},
    MetricRow{"vllm:gpu_prefix_cache_queries_total", cache_queries},
    MetricRow{"vllm:prefix_cache_hits_total", cache_hits},
    MetricRow{"vllm:gpu_prefix_cache_hits_total", cache_hits},
    // Found by a KV connector: in the host's memory or a store.
    MetricRow{.name = "vllm:external_prefix_cache_hits_total", .field = cache_hits, .adds = true},
    MetricRow{"vllm:lora_requests_info", Field::count, Combine::max, Take::adapters},
    k_process_start,
};

// The queues before and behind the scheduler's own exist where prefill and decode are apart, or
// where grammars are compiled.
constexpr std::array k_sglang{
    MetricRow{"sglang:num_running_reqs", running},
    MetricRow{"sglang:num_queue_reqs", waiting},
    MetricRow{.name = "sglang:num_grammar_queue_reqs", .field = waiting, .adds = true},
    MetricRow{.name = "sglang:num_prefill_bootstrap_queue_reqs", .field = waiting, .adds = true},
    MetricRow{.name = "sglang:num_decode_prealloc_queue_reqs", .field = waiting, .adds = true},
    MetricRow{.name = "sglang:num_decode_transfer_queue_reqs", .field = waiting, .adds = true},
    MetricRow{"sglang:token_usage", kv_use, Combine::rank_mean},
    MetricRow{"sglang:max_total_num_tokens", kv_tokens},
    // What the GPU evicts is kept in the host's memory, and is as good as cached.
    MetricRow{"sglang:hicache_host_total_tokens", kv_host_tokens},
    MetricRow{"sglang:prompt_tokens_total", cache_queries, Combine::sum},
    MetricRow{"sglang:cached_tokens_total", cache_hits, Combine::sum},
    MetricRow{"sglang:lora_pool_slots_total", adapter_slots, Combine::max},
    MetricRow{"sglang:lora_pool_slots_used", adapter_slots_used, Combine::max},
    k_process_start,
};

constexpr std::array k_llamacpp{
    MetricRow{"llamacpp:requests_processing", running},
    MetricRow{"llamacpp:requests_deferred", waiting},
    MetricRow{"llamacpp:kv_cache_usage_ratio", kv_use, Combine::max},  // until early 2025
    MetricRow{"llamacpp:prompt_tokens_total", cache_queries},          // those not cached
    MetricRow{.name = "llamacpp:prompt_tokens_cached_total", .field = cache_queries, .adds = true},
    MetricRow{"llamacpp:prompt_tokens_cached_total", cache_hits},
    k_process_start,
};

constexpr std::array k_tgi{
    MetricRow{"tgi_batch_current_size", running},
    MetricRow{"tgi_queue_size", waiting},
    MetricRow{"tgi_batch_current_max_tokens", kv_used_tokens},
    MetricRow{"tgi_batch_max_total_tokens", kv_tokens},
    k_process_start,
};

constexpr std::string_view k_triton_requests = "nv_trt_llm_request_metrics";
constexpr std::string_view k_triton_blocks = "nv_trt_llm_kv_cache_block_metrics";

constexpr MetricRow triton(std::string_view name, Field field, std::string_view value,
                           Combine combine = Combine::sum) {
    return {name,        field, combine,
            Take::value, false, name == k_triton_requests ? "request_type" : "kv_cache_block_type",
            value};
}

// trtllm-serve's names, then those of Triton's TensorRT-LLM backend.
constexpr std::array k_trtllm{
    MetricRow{"trtllm_num_requests_running", running},
    triton(k_triton_requests, running, "active"),
    MetricRow{"trtllm_num_requests_waiting", waiting},
    triton(k_triton_requests, waiting, "waiting"),
    MetricRow{"trtllm_kv_cache_utilization", kv_use, Combine::rank_mean},
    triton(k_triton_blocks, kv_use, "fraction", Combine::rank_mean),
    MetricRow{"trtllm_kv_cache_max_blocks", kv_blocks},
    triton(k_triton_blocks, kv_blocks, "max"),
    MetricRow{"trtllm_kv_cache_tokens_per_block", block_tokens, Combine::max},
    triton(k_triton_blocks, block_tokens, "tokens_per", Combine::max),
    MetricRow{"trtllm_max_num_active_requests", running_max},
    triton(k_triton_requests, running_max, "max"),
    MetricRow{"trtllm_kv_cache_missed_blocks_total", cache_queries},
    MetricRow{.name = "trtllm_kv_cache_reused_blocks_total", .field = cache_queries, .adds = true},
    MetricRow{"trtllm_kv_cache_reused_blocks_total", cache_hits},
    k_process_start,
};

constexpr std::array k_lmdeploy{
    MetricRow{"lmdeploy:num_requests_running", running},
    MetricRow{"lmdeploy:num_requests_waiting", waiting},
    MetricRow{.name = "lmdeploy:num_api_requests_waiting", .field = waiting, .adds = true},
    MetricRow{"lmdeploy:gpu_cache_usage_perc", kv_use, Combine::rank_mean},
    MetricRow{"lmdeploy:backend_config_info", kv_tokens, Combine::rank_sum, Take::capacity},
    MetricRow{"lmdeploy:prompt_tokens_total", cache_queries},
    MetricRow{"lmdeploy:cached_tokens_total", cache_hits},
    k_process_start,
};

static_assert(k_vllm.size() <= k_rows_max && k_sglang.size() <= k_rows_max &&
              k_llamacpp.size() <= k_rows_max && k_tgi.size() <= k_rows_max &&
              k_trtllm.size() <= k_rows_max && k_lmdeploy.size() <= k_rows_max);

constexpr Dialect k_vllm_dialect{k_vllm, "engine", ""};
// With priority scheduling the series without a priority is the total of the others.
constexpr Dialect k_sglang_dialect{k_sglang, "dp_rank", "priority"};
constexpr Dialect k_llamacpp_dialect{k_llamacpp, "", ""};
constexpr Dialect k_tgi_dialect{k_tgi, "", ""};
constexpr Dialect k_trtllm_dialect{k_trtllm, "", "", true};
constexpr Dialect k_lmdeploy_dialect{k_lmdeploy, "engine", ""};
constexpr Dialect k_custom_dialect{};

}  // namespace

const Dialect& dialect_of(fleet::Engine engine) noexcept {
    switch (engine) {
        case fleet::Engine::vllm:
            return k_vllm_dialect;
        case fleet::Engine::sglang:
            return k_sglang_dialect;
        case fleet::Engine::llamacpp:
            return k_llamacpp_dialect;
        case fleet::Engine::tgi:
            return k_tgi_dialect;
        case fleet::Engine::trtllm:
            return k_trtllm_dialect;
        case fleet::Engine::lmdeploy:
            return k_lmdeploy_dialect;
        case fleet::Engine::custom:
            break;
    }
    return k_custom_dialect;
}

}  // namespace penstock::engine
