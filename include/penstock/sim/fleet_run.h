// One run of a simulated fleet: requests from a source, proxies that share nothing, engines.
//
// A discrete-event loop with one heap; the same options, source and seed give the same result to
// the last bit. Polls take time, so what a proxy sees is always old. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "penstock/sim/engine_model.h"
#include "penstock/sim/request.h"
#include "penstock/sim/router.h"

namespace penstock::sim {

/// Something that happens to an engine.
struct Incident {
    enum class Kind : std::uint8_t {
        fail,    // its requests are lost, connections are refused
        start,   // it is there again, with a cold cache
        change,  // from its next step on, steps take `factor` times as long as its profile says
    };
    Micros at{0};
    Kind kind = Kind::fail;
    std::uint32_t engine = 0;
    double factor = 1;
};

struct FleetOptions {
    std::vector<EngineProfile> engines;  // one each; `block_tokens` and `kv_blocks` fit the source
    std::uint32_t max_adapters = 8;      // loaded at a time in each engine
    Micros adapter_load{100'000};        // where one is not; other requests go on meanwhile
    std::vector<Incident> incidents;
    bool cache_report = true;  // answers tell how much of their prompt was cached
    // Proxies before all engines; each request goes to one by chance. One proxy knows at most
    // `fleet::k_slots_max` backends, so a larger fleet is cut into equal parts, each with as many.
    std::uint32_t replicas = 1;
    Micros poll_interval{100'000};  // of each engine by each proxy; the first after a part of it
    Micros poll_delay{2'000};       // from a sample's making to its being seen; any length
    std::uint64_t seed = 1;
    /// Told now and then with the number of arrivals so far.
    std::function<void(std::uint64_t)> progress;
};

/// What became of all requests. `arrived` = finished + broken + refused + too_long.
struct RunResult {
    std::uint64_t arrived = 0;
    std::uint64_t finished = 0;
    std::uint64_t broken = 0;    // their engine failed after the first token
    std::uint64_t refused = 0;   // no fit backend
    std::uint64_t too_long = 0;  // for the engine's whole cache
    std::uint64_t retried = 0;   // attempts that were replaced by another
    std::uint64_t preempted = 0;
    std::uint64_t prompt_tokens = 0;  // of the finished, as the following two
    std::uint64_t cached_tokens = 0;
    std::uint64_t output_tokens = 0;
    std::vector<float> first_token;  // seconds from arrival, in order of ending
    std::vector<float> duration;
    Micros first_arrival{0}, last_arrival{0}, end{0};
    double imbalance = 1;  // requests on the fullest engine over the mean, over time
    std::vector<std::uint64_t> finished_by;  // engine
    std::uint64_t events = 0;                // how much work the run was
    friend bool operator==(const RunResult&, const RunResult&) = default;
};

[[nodiscard]] RunResult run_fleet(const FleetOptions& options, RequestSource& source,
                                  const RouterFactory& make_router);

}  // namespace penstock::sim
