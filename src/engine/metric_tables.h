// Which metric of which engine says what: one small table per engine. Pure.
//
// Sources: the engines' own exporters (vllm/v1/metrics/loggers.py and the V0 names before 0.11,
// sglang/srt/observability/metrics_collector.py, llama.cpp tools/server/server-task.cpp, TGI
// router/src, tensorrt_llm/metrics/collector.py and the Triton backend,
// lmdeploy/metrics/loggers.py).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "penstock/fleet/identity.h"

namespace penstock::engine {

/// What a metric tells. The first ones are those of `fleet::LoadSample`; the others help to compute
/// them.
enum class Field : std::uint8_t {
    running,
    waiting,
    kv_use,
    kv_tokens,
    running_max,
    cache_queries,
    cache_hits,
    start_time,
    kv_host_tokens,
    kv_used_tokens,  // kv_use = this / kv_tokens
    kv_blocks,       // kv_tokens = this * block_tokens
    block_tokens,
    adapter_slots,
    adapter_slots_used,
    count
};

/// How the series of one name become one number.
enum class Combine : std::uint8_t {
    rank_sum,   // sum over data-parallel ranks; within a rank the largest
    rank_mean,  // mean over ranks
    sum,        // sum over all series
    max,
};

/// What counts of a series.
enum class Take : std::uint8_t {
    value,
    capacity,  // of an info metric: kv_cache_size_tokens, or block_size * num_gpu_blocks
    adapters,  // of vLLM's lora_requests_info: the names in its newest series
};

/// Rows of one field are alternatives in order of preference: the first one present counts.
/// `adds`: is added to the field instead, where that has a value.
struct MetricRow {
    std::string_view name;
    Field field = Field::count;
    Combine combine = Combine::rank_sum;
    Take take = Take::value;
    bool adds = false;
    std::string_view label_name{};  // only series with this label's value; empty: all
    std::string_view label_value{};
};

struct Dialect {
    std::span<const MetricRow> rows;
    std::string_view rank_label;      // tells data-parallel ranks apart; empty: each series is one
    std::string_view excluded_label;  // series where it is not empty are parts of another one
    bool cache_in_blocks = false;     // cache counters count blocks, not tokens
};

inline constexpr std::size_t k_rows_max = 24;

/// The engine's table; empty for `custom`.
[[nodiscard]] const Dialect& dialect_of(fleet::Engine engine) noexcept;

}  // namespace penstock::engine
