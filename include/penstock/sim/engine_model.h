// A believable inference engine as a pure model: continuous batching, a waiting queue, prefill by
// uncached tokens, decode by batch size, a prefix cache of blocks with LRU eviction. Time is told,
// never read. Served by `mock_engine`; later driven by the discrete-event simulator.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "penstock/base/units.h"

namespace penstock::sim {

struct EngineProfile {
    std::uint32_t max_running = 64;  // requests in a batch
    double prefill_tokens_per_second = 20'000;
    Micros decode_step{10'000};             // a step of a batch of one
    double decode_step_per_request = 0.01;  // a batch of n takes decode_step * (1 + this * (n - 1))
    std::uint32_t max_prefill_tokens_per_step = 2048;  // chunked prefill
    std::uint32_t block_tokens = 16;
    std::uint32_t kv_blocks = 16'384;
};

using RequestId = std::uint64_t;

/// What happened in a step.
struct StepEvent {
    enum class Kind : std::uint8_t { first_token, token, finished };
    Kind kind;
    RequestId request;
    std::uint32_t index;  // of the token, from 0
};

class EngineModel {
public:
    explicit EngineModel(const EngineProfile& profile);
    ~EngineModel();
    EngineModel(const EngineModel&) = delete;
    EngineModel& operator=(const EngineModel&) = delete;

    struct Submitted {
        RequestId id = 0;
        std::uint32_t cached_tokens = 0;  // known when it starts to run; see `cached_tokens`
    };
    /// A request of `prompt_tokens` with the chain of its full blocks, wanting `output_tokens`.
    /// Waits or runs.
    Submitted submit(std::span<const std::uint64_t> blocks, std::uint32_t prompt_tokens,
                     std::uint32_t output_tokens);
    void abort(RequestId id);

    /// Prompt tokens found in the cache when the request began to run (0 before).
    [[nodiscard]] std::uint32_t cached_tokens(RequestId id) const;

    /// How long the next step takes; zero when there is nothing to do.
    [[nodiscard]] Micros next_step() const;
    /// Runs it. Events are appended to `out` in order of admission.
    void step(std::vector<StepEvent>& out);

    struct Stats {
        std::uint32_t running = 0, waiting = 0;
        double kv_use = 0;  // 0..1
        std::uint64_t prompt_tokens = 0, generated_tokens = 0;
        std::uint64_t cache_queries = 0, cache_hits = 0;  // tokens
        std::uint64_t finished = 0, aborted = 0, preempted = 0;
    };
    [[nodiscard]] Stats stats() const;
    /// A restart: everything running is gone and the cache is cold.
    void reset();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::sim
