// What an engine model is made of. Private to the module.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "block_cache.h"
#include "penstock/base/assert.h"
#include "penstock/sim/engine_model.h"

namespace penstock::sim {

// One request from `submit` to its last token. `known` tokens are the prompt and what was
// generated; `computed` of them are in the cache. A step computes `planned` more, and where that
// reaches `known` the next token comes out: prefill and decode are the same thing seen from here.
struct EngineRequest {
    RequestId id = 0;
    std::vector<std::uint64_t> chain;  // of the prompt, and of its answer where that is known
    std::uint32_t prompt_tokens = 0;
    std::uint32_t output_tokens = 0;
    std::uint32_t generated = 0;
    std::uint32_t computed = 0;
    std::uint32_t planned = 0;
    std::uint32_t cached_tokens = 0;
    bool running = false;
    bool started_before = false;  // so that a preempted request counts its cache hits once
    std::vector<BlockCache::Block> blocks;

    [[nodiscard]] std::uint32_t known() const noexcept { return prompt_tokens + generated; }
    [[nodiscard]] std::uint32_t uncomputed() const noexcept { return known() - computed; }
    [[nodiscard]] bool decoding() const noexcept { return generated > 0 && uncomputed() == 1; }
    [[nodiscard]] bool ended() const noexcept { return generated == output_tokens; }
};

constexpr std::uint32_t blocks_for(std::uint32_t tokens, std::uint32_t block_tokens) noexcept {
    return (tokens + block_tokens - 1) / block_tokens;
}

struct EngineModel::Impl {
    explicit Impl(const EngineProfile& with) : profile{with}, cache{with.kv_blocks} {
        PENSTOCK_ASSERT(profile.max_running > 0 && profile.max_prefill_tokens_per_step > 0);
        PENSTOCK_ASSERT(profile.block_tokens > 0 && profile.kv_blocks > 0);
        PENSTOCK_ASSERT(profile.prefill_tokens_per_second > 0);
    }

    void plan();
    void admit(std::uint32_t& budget);
    bool start(EngineRequest& request, std::uint32_t& budget);
    bool grow(EngineRequest& request, std::uint32_t tokens);
    bool make_room(EngineRequest& request, std::uint32_t tokens);
    void preempt(EngineRequest& request);
    void release(EngineRequest& request);
    void compute(EngineRequest& request, std::vector<StepEvent>& out);
    void name_block(EngineRequest& request, std::size_t at);
    void tell_evictions();
    [[nodiscard]] Micros planned_time() const;
    [[nodiscard]] bool decodes_only() const;
    [[nodiscard]] std::uint32_t steps_to_name(const EngineRequest& request) const;
    [[nodiscard]] std::uint64_t new_blocks(std::uint32_t steps) const;

    EngineProfile profile;
    BlockCache cache;
    std::unordered_map<RequestId, EngineRequest> requests;
    std::deque<EngineRequest*> waiting;
    std::vector<EngineRequest*> running;  // in order of admission
    std::vector<RequestId> ended;         // kept until the next step for `cached_tokens`
    Micros duration{0};                   // of the step under way; zero: none is
    // The last plan would come out the same again: nobody came whom it could admit, nobody left.
    bool settled = false;
    RequestId last_id = 0;
    std::vector<CacheChange>* changes = nullptr;  // of the cache, where somebody follows them
    std::vector<std::uint64_t> evicted;           // on their way there
    Stats counted;                                // the counters; the rest is looked up
};

}  // namespace penstock::sim
