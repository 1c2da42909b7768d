// GET /metrics in the names of vLLM's V1 engine or of SGLang. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "penstock/fleet/identity.h"
#include "penstock/sim/engine_model.h"

namespace penstock::mock_engine {

struct MetricsFacts {
    fleet::Engine dialect = fleet::Engine::vllm;
    std::string model;
    sim::EngineProfile profile;
    sim::EngineModel::Stats stats;
    std::uint64_t at_limit = 0;  // of the finished ones: the client's maximum was reached
    double start_seconds = 0;    // Unix time of the last start
    bool serves_adapters = false;
    std::uint32_t adapter_slots = 8;
    std::size_t adapter_slots_used = 0;
    std::string running_adapters;  // comma-separated
    std::string waiting_adapters;  // of them, none runs
    double now_seconds = 0;
};

/// Prometheus text 0.0.4.
[[nodiscard]] std::string metrics_page(const MetricsFacts& facts);

}  // namespace penstock::mock_engine
