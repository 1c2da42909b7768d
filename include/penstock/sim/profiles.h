// Engines of common pairs of a model and its GPUs, by name. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "penstock/sim/engine_model.h"

namespace penstock::sim {

struct NamedProfile {
    std::string_view name;
    std::string_view what;
    double prefill_tokens_per_second;
    Micros decode_step;
    double decode_step_per_request;
    std::uint32_t max_running;
    std::uint32_t kv_tokens;  // capacity of the KV cache
};

/// The default first.
[[nodiscard]] const std::vector<NamedProfile>& profiles();
/// Null: there is none of this name.
[[nodiscard]] const NamedProfile* find_profile(std::string_view name);
/// The engine, with a cache in blocks of this size.
[[nodiscard]] EngineProfile engine_profile(const NamedProfile& profile, std::uint32_t block_tokens);

}  // namespace penstock::sim
