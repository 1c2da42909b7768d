// A believable inference engine as a pure model: continuous batching, a waiting queue, prefill by
// uncached tokens, decode by batch size, a prefix cache of blocks with LRU eviction. Time is told,
// never read. Served by `mock_engine`, and by the hundred in the fleet simulator (`fleet_model.h`).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "penstock/base/units.h"

namespace penstock::sim {

/// The shape of an engine. All counts and rates are positive.
struct EngineProfile {
    std::uint32_t max_running = 64;  // requests in a batch
    double prefill_tokens_per_second = 20'000;
    Micros decode_step{10'000};             // a step of a batch of one
    double decode_step_per_request = 0.01;  // a batch of n takes decode_step * (1 + this * (n - 1))
    std::uint32_t max_prefill_tokens_per_step = 2048;  // chunked prefill
    std::uint32_t block_tokens = 16;
    std::uint32_t kv_blocks = 16'384;
    bool prefix_caching = true;  // false: every prompt is computed whole
};

using RequestId = std::uint64_t;

/// What happened in a step. A request's last token is followed by its `finished`, of the same
/// index.
struct StepEvent {
    enum class Kind : std::uint8_t { first_token, token, finished };
    Kind kind;
    RequestId request;
    std::uint32_t index;  // of the token, from 0
    friend bool operator==(const StepEvent&, const StepEvent&) = default;
};

/// What an engine's prefix cache has kept or given up: a full block of a prompt, by its hash.
struct CacheChange {
    enum class Kind : std::uint8_t { stored, evicted };
    Kind kind;
    std::uint64_t hash;
    std::optional<std::uint64_t> parent;  // of a stored one: the block before it in its prompt
    friend bool operator==(const CacheChange&, const CacheChange&) = default;
};

/// Steps follow each other while anybody is there: each is planned at the end of the one before (or
/// by the first `submit` when idle) and takes the sum of its prefill tokens' time and one decode
/// step of its decoding requests. Who is submitted meanwhile joins the next plan. Decodes come
/// first; then prompts in order of arrival share `max_prefill_tokens_per_step`. When the cache is
/// full the request admitted last gives up its blocks, waits at the head of the queue and computes
/// them again. Blocks that an answer fills are kept for others like the prompt's where their hashes
/// are told, and else given up with the request.
/// Thread: any, one at a time. Complexity: O(running) a step, O(prompt blocks) an admission.
class EngineModel {
public:
    explicit EngineModel(const EngineProfile& profile);
    ~EngineModel();
    EngineModel(const EngineModel&) = delete;
    EngineModel& operator=(const EngineModel&) = delete;

    struct Submitted {
        RequestId id = 0;
        std::uint32_t cached_tokens = 0;  // when it runs at once; else see `cached_tokens()`
    };
    /// A request of `prompt_tokens` with the chain of its full blocks, wanting `output_tokens`.
    /// `answer_blocks`: how the chain goes on through the blocks that prompt and answer fill
    /// together, if that is known. Waits or runs. Preconditions: both counts are positive and
    /// together within `capacity_tokens()`; no more blocks than the prompt fills, and just as many
    /// where the answer has some; no more of those than there are. A last partial block has no
    /// hash.
    Submitted submit(std::span<const std::uint64_t> blocks, std::uint32_t prompt_tokens,
                     std::uint32_t output_tokens,
                     std::span<const std::uint64_t> answer_blocks = {});
    /// Takes the request out and frees its blocks; nothing for one that ended or was never there.
    void abort(RequestId id);

    /// Tokens of prompt and output that one request may have: all the cache holds.
    [[nodiscard]] std::uint64_t capacity_tokens() const noexcept;

    /// Prompt tokens found in the cache when the request first began to run (0 before, and from the
    /// step after its last token on).
    [[nodiscard]] std::uint32_t cached_tokens(RequestId id) const;

    /// How long the next step takes; zero when there is nothing to do.
    [[nodiscard]] Micros next_step() const;
    /// Runs it. Events are appended to `out` in order of admission.
    void step(std::vector<StepEvent>& out);

    /// How many steps from now on, the one under way first, will do nothing but give each running
    /// request one more token, neither its first nor its last nor one that completes a block with a
    /// hash, if nobody is submitted or aborted meanwhile. All of them take `next_step()`. May be
    /// fewer than there are; often 0.
    [[nodiscard]] std::uint32_t quiet_steps() const;
    /// Runs so many of them at once, in O(running), and leaves the model as `step` would have;
    /// their tokens are not told. Precondition: `steps` <= `quiet_steps()`.
    void skip(std::uint32_t steps);

    /// Blocks of the chain that a request would find in the cache now. Changes nothing.
    [[nodiscard]] std::uint32_t held_blocks(std::span<const std::uint64_t> chain) const;

    /// From now on each change of the cache is appended here, until a null. A `reset` is none.
    void log_cache(std::vector<CacheChange>* changes);

    struct Stats {
        std::uint32_t running = 0, waiting = 0;
        double kv_use = 0;  // 0..1
        std::uint64_t prompt_tokens = 0, generated_tokens = 0;
        std::uint64_t cache_queries = 0, cache_hits = 0;  // tokens
        std::uint64_t finished = 0, aborted = 0, preempted = 0;
    };
    [[nodiscard]] Stats stats() const;
    /// A restart: everything running is gone, the cache is cold, the counters are zero.
    void reset();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::sim
