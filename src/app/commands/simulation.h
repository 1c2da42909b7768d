// What `penstock simulate` was asked for, and the running of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/sim/profiles.h"
#include "penstock/sim/report.h"
#include "penstock/sim/routers.h"

namespace penstock::app {

/// Requests of a workload where nobody says how many.
inline constexpr std::uint64_t k_made_requests = 20'000;

/// What an engine is, where that is given instead of what its profile says.
struct EngineNumbers {
    std::optional<double> prefill_rate;  // tokens a second
    std::optional<std::uint32_t> decode_step_ms;
    std::optional<double> decode_growth;  // `sim::EngineProfile::decode_step_per_request`
    std::optional<std::uint32_t> max_running;
    std::optional<std::uint32_t> kv_tokens;
    bool prefix_caching = true;
};

struct Simulation {
    std::string trace;  // a file; empty: `workload`
    std::string workload = "chat";
    std::string policies = "prefix_load,round_robin";
    std::uint32_t engines = 8;
    std::string profile{sim::profiles().front().name};
    EngineNumbers numbers;
    std::uint32_t replicas = 1;
    double speed = 1;
    std::uint64_t requests = 0;  // 0: all of a trace, `k_made_requests` of a workload
    std::uint64_t seed = 1;
    std::uint32_t seeds = 1;
    double slo = 2;
    std::uint32_t poll_ms = 100;
    std::uint32_t poll_delay_ms = 2;
    std::vector<std::string> fails;  // as `parse_incidents` reads them
    std::vector<std::string> slows;
    std::uint32_t max_adapters = 8;
    std::uint32_t adapter_load_ms = 100;
    bool cache_report = true;
};

/// Each policy with each seed, one after the other. Progress goes to stderr where that is a
/// terminal, and what is wrong with single lines of the trace in any case. Errors: invalid_value
/// and io_failed, with a sentence.
[[nodiscard]] Result<sim::Report> run(const Simulation& simulation);

}  // namespace penstock::app
