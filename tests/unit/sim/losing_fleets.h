// Small fleets, traffic and figures of the losing cases.
#pragma once

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "given.h"
#include "penstock/sim/figures.h"
#include "penstock/sim/fleet_run.h"
#include "penstock/sim/routers.h"

namespace penstock::sim::test {

inline constexpr std::string_view k_ours = "prefix_load";
inline constexpr std::uint32_t k_block = 16;

inline EngineProfile engine() {
    return {.max_running = 16,
            .prefill_tokens_per_second = 10'000,
            .decode_step = Micros{10'000},
            .max_prefill_tokens_per_step = 512,
            .block_tokens = k_block,
            .kv_blocks = 1024};
}

inline FleetOptions small_fleet(std::uint32_t engines) {
    FleetOptions options;
    options.engines.assign(engines, engine());
    return options;
}

/// The requests may stand in any order.
inline RunResult run(std::string_view name, const FleetOptions& options,
                     std::vector<SimRequest> requests) {
    std::ranges::stable_sort(requests, {}, &SimRequest::at);
    Given source{std::move(requests), k_block};
    return run_fleet(options, source, parse_routers(name)->front().make);
}

/// Requests of the busiest engine over the mean.
inline double skew(const RunResult& result) {
    const auto sum = std::accumulate(result.finished_by.begin(), result.finished_by.end(), 0.0);
    const auto most = static_cast<double>(std::ranges::max(result.finished_by));
    return most * static_cast<double>(result.finished_by.size()) / sum;
}

inline double hit_rate(const RunResult& result) {
    return static_cast<double>(result.cached_tokens) / static_cast<double>(result.prompt_tokens);
}

/// Seconds, the share `p` of the first tokens came sooner.
inline double first_token(const RunResult& result, double p) {
    std::vector<float> times = result.first_token;
    return percentile(times, p);
}

inline std::size_t engines_used(const RunResult& result) {
    return static_cast<std::size_t>(
        std::ranges::count_if(result.finished_by, [](std::uint64_t count) { return count > 0; }));
}

/// `count` requests, one each `gap_us`, with `shared` blocks in common and one of their own.
inline std::vector<SimRequest> alike(std::uint32_t count, std::int64_t gap_us, std::uint32_t shared,
                                     std::uint32_t output) {
    std::vector<SimRequest> requests;
    for (std::uint32_t i = 0; i < count; ++i) {
        SimRequest each{.at = Micros{i * gap_us},
                        .prompt_tokens = (shared + 1) * k_block,
                        .output_tokens = output};
        for (std::uint32_t b = 0; b < shared; ++b) each.blocks.push_back(b + 1);
        each.blocks.push_back(1'000'000 + i);
        requests.push_back(std::move(each));
    }
    return requests;
}

/// `count` requests, one each `gap_us`, in turn of each of `groups`, which begins with `shared`
/// blocks of its own.
inline std::vector<SimRequest> grouped(std::uint32_t count, std::int64_t gap_us,
                                       std::uint32_t groups, std::uint32_t shared,
                                       std::uint32_t output) {
    std::vector<SimRequest> requests = alike(count, gap_us, shared, output);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t group = i % groups + 1;
        for (std::uint64_t& block : requests[i].blocks) block += group * 10'000'000;
    }
    return requests;
}

inline std::vector<SimRequest> later(std::vector<SimRequest> requests, Micros by) {
    for (SimRequest& each : requests) each.at += by;
    return requests;
}

inline std::vector<SimRequest> together(std::vector<SimRequest> some,
                                        const std::vector<SimRequest>& others) {
    some.insert(some.end(), others.begin(), others.end());
    return some;
}

}  // namespace penstock::sim::test
