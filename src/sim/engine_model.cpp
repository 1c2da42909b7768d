#include "penstock/sim/engine_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "engine_model_impl.h"

namespace penstock::sim {

// A step is planned when the one before has ended and then stands: who comes while it runs waits
// for the next, as in an engine whose batch is on the device.
void EngineModel::Impl::plan() {
    std::uint32_t budget = profile.max_prefill_tokens_per_step;
    const std::uint64_t preempted_before = counted.preempted;
    for (std::size_t i = 0; i < running.size(); ++i) {
        EngineRequest& request = *running[i];
        const bool decoding = request.decoding();
        const std::uint32_t wanted = decoding ? 1 : std::min(request.uncomputed(), budget);
        if (wanted == 0 || !make_room(request, wanted)) continue;
        request.planned = wanted;
        if (!decoding) budget -= wanted;
    }
    // Letting others in where somebody was just thrown out for want of room would go on for ever.
    settled = counted.preempted == preempted_before;
    if (settled) admit(budget);
    duration = planned_time();
    tell_evictions();
}

void EngineModel::Impl::admit(std::uint32_t& budget) {
    while (!waiting.empty() && running.size() < profile.max_running && budget > 0) {
        EngineRequest& request = *waiting.front();
        if (!start(request, budget)) return;
        waiting.pop_front();
    }
}

bool EngineModel::Impl::start(EngineRequest& request, std::uint32_t& budget) {
    // The last known token is always computed anew: its result is the next token.
    const std::size_t usable =
        std::min<std::size_t>(request.chain.size(), (request.known() - 1) / profile.block_tokens);
    const std::uint32_t matched =
        profile.prefix_caching ? cache.match(std::span{request.chain}.first(usable)) : 0;
    for (std::uint32_t i = 0; i < matched; ++i) {
        request.blocks.push_back(cache.acquire(request.chain[i]));
    }
    request.computed = matched * profile.block_tokens;
    const std::uint32_t wanted = std::min(request.uncomputed(), budget);
    if (!grow(request, wanted)) {
        release(request);
        return false;
    }
    if (!std::exchange(request.started_before, true)) {
        request.cached_tokens = request.computed;
        // As vLLM: who has no such cache counts nobody who asks for it.
        if (profile.prefix_caching) counted.cache_queries += request.prompt_tokens;
        counted.cache_hits += request.computed;
    }
    request.planned = wanted;
    budget -= wanted;
    request.running = true;
    running.push_back(&request);
    return true;
}

// All or nothing.
bool EngineModel::Impl::grow(EngineRequest& request, std::uint32_t tokens) {
    const std::size_t needed = blocks_for(request.computed + tokens, profile.block_tokens);
    if (needed > request.blocks.size() + cache.available()) return false;
    while (request.blocks.size() < needed) {
        const std::optional<BlockCache::Block> block = cache.allocate();
        PENSTOCK_ASSERT(block.has_value());
        request.blocks.push_back(*block);
    }
    return true;
}

// False: the request itself was the last to come and had to go.
bool EngineModel::Impl::make_room(EngineRequest& request, std::uint32_t tokens) {
    while (!grow(request, tokens)) {
        EngineRequest& victim = *running.back();
        preempt(victim);
        if (&victim == &request) return false;
    }
    return true;
}

// Its tokens are kept but must be computed again.
void EngineModel::Impl::preempt(EngineRequest& request) {
    PENSTOCK_ASSERT(running.back() == &request);
    running.pop_back();
    release(request);
    waiting.push_front(&request);
    ++counted.preempted;
}

void EngineModel::Impl::release(EngineRequest& request) {
    cache.release(request.blocks);
    request.blocks.clear();
    request.computed = 0;
    request.planned = 0;
    request.running = false;
}

Micros EngineModel::Impl::planned_time() const {
    std::uint32_t decoding = 0;
    std::uint32_t prefill_tokens = 0;
    for (const EngineRequest* request : running) {
        if (request->planned == 0) continue;
        if (request->decoding()) {
            ++decoding;
        } else {
            prefill_tokens += request->planned;
        }
    }
    double micros = prefill_tokens * 1e6 / profile.prefill_tokens_per_second;
    if (decoding > 0) {
        micros += static_cast<double>(profile.decode_step.count()) *
                  (1 + profile.decode_step_per_request * (decoding - 1));
    }
    if (decoding == 0 && prefill_tokens == 0) return Micros{0};
    return Micros{std::max<std::int64_t>(1, std::llround(micros))};
}

void EngineModel::Impl::name_block(EngineRequest& request, std::size_t at) {
    const bool fresh = cache.set_name(request.blocks[at], request.chain[at]);
    if (!fresh || changes == nullptr) return;
    const auto parent = at == 0 ? std::nullopt : std::optional{request.chain[at - 1]};
    changes->push_back({CacheChange::Kind::stored, request.chain[at], parent});
}

// Before what is stored afterwards, perhaps under the same name.
void EngineModel::Impl::tell_evictions() {
    if (changes == nullptr) return;
    for (const std::uint64_t hash : evicted) {
        changes->push_back({CacheChange::Kind::evicted, hash, std::nullopt});
    }
    evicted.clear();
}

void EngineModel::Impl::compute(EngineRequest& request, std::vector<StepEvent>& out) {
    const std::uint32_t full_before = request.computed / profile.block_tokens;
    request.computed += std::exchange(request.planned, 0);
    const std::size_t full_now =
        std::min<std::size_t>(request.chain.size(), request.computed / profile.block_tokens);
    for (std::size_t i = full_before; i < full_now; ++i) {
        name_block(request, i);
    }
    if (request.uncomputed() > 0) return;

    const std::uint32_t index = request.generated++;
    ++counted.generated_tokens;
    if (index == 0) counted.prompt_tokens += request.prompt_tokens;
    out.push_back({.kind = index == 0 ? StepEvent::Kind::first_token : StepEvent::Kind::token,
                   .request = request.id,
                   .index = index});
    if (!request.ended()) return;
    out.push_back({.kind = StepEvent::Kind::finished, .request = request.id, .index = index});
    ++counted.finished;
    release(request);
    ended.push_back(request.id);
}

EngineModel::EngineModel(const EngineProfile& profile) : impl_{std::make_unique<Impl>(profile)} {}
EngineModel::~EngineModel() = default;

std::uint64_t EngineModel::capacity_tokens() const noexcept {
    return std::uint64_t{impl_->profile.kv_blocks} * impl_->profile.block_tokens;
}

EngineModel::Submitted EngineModel::submit(std::span<const std::uint64_t> blocks,
                                           std::uint32_t prompt_tokens, std::uint32_t output_tokens,
                                           std::span<const std::uint64_t> answer_blocks) {
    PENSTOCK_ASSERT(prompt_tokens > 0 && output_tokens > 0);
    PENSTOCK_ASSERT(std::uint64_t{prompt_tokens} + output_tokens <= capacity_tokens());
    const std::uint32_t block = impl_->profile.block_tokens;
    PENSTOCK_ASSERT(blocks.size() <= prompt_tokens / block);
    PENSTOCK_ASSERT(answer_blocks.empty() ||
                    (blocks.size() == prompt_tokens / block &&
                     blocks.size() + answer_blocks.size() <=
                         (std::uint64_t{prompt_tokens} + output_tokens) / block));
    const RequestId id = ++impl_->last_id;
    EngineRequest& request = impl_->requests[id];
    request.id = id;
    request.chain.assign(blocks.begin(), blocks.end());
    request.chain.insert(request.chain.end(), answer_blocks.begin(), answer_blocks.end());
    request.prompt_tokens = prompt_tokens;
    request.output_tokens = output_tokens;
    // Behind others that wait it changes nothing: admission is in order of arrival.
    if (impl_->waiting.empty() && impl_->running.size() < impl_->profile.max_running) {
        impl_->settled = false;
    }
    impl_->waiting.push_back(&request);
    if (impl_->duration == Micros{0}) impl_->plan();
    return {.id = id, .cached_tokens = request.cached_tokens};
}

void EngineModel::abort(RequestId id) {
    const auto found = impl_->requests.find(id);
    if (found == impl_->requests.end() || found->second.ended()) return;
    EngineRequest& request = found->second;
    if (request.running) {
        std::erase(impl_->running, &request);
    } else {
        std::erase(impl_->waiting, &request);
    }
    impl_->release(request);
    impl_->requests.erase(found);
    impl_->settled = false;
    ++impl_->counted.aborted;
    // The step under way runs to its end for the others, or for who waits for it.
    if (impl_->running.empty() && impl_->waiting.empty()) impl_->duration = Micros{0};
}

std::uint32_t EngineModel::cached_tokens(RequestId id) const {
    const auto found = impl_->requests.find(id);
    return found == impl_->requests.end() ? 0 : found->second.cached_tokens;
}

Micros EngineModel::next_step() const {
    return impl_->duration;
}

void EngineModel::step(std::vector<StepEvent>& out) {
    for (const RequestId id : impl_->ended) impl_->requests.erase(id);
    impl_->ended.clear();
    for (EngineRequest* request : impl_->running) {
        if (request->planned > 0) impl_->compute(*request, out);
    }
    std::erase_if(impl_->running, [](const EngineRequest* request) { return request->ended(); });
    impl_->plan();
}

void EngineModel::log_cache(std::vector<CacheChange>* changes) {
    impl_->changes = changes;
    impl_->evicted.clear();
    impl_->cache.log_evictions(changes == nullptr ? nullptr : &impl_->evicted);
}

EngineModel::Stats EngineModel::stats() const {
    Stats stats = impl_->counted;
    stats.running = static_cast<std::uint32_t>(impl_->running.size());
    stats.waiting = static_cast<std::uint32_t>(impl_->waiting.size());
    stats.kv_use = static_cast<double>(impl_->cache.referenced()) / impl_->cache.capacity();
    return stats;
}

void EngineModel::reset() {
    for (EngineRequest* request : impl_->running) impl_->release(*request);
    impl_->running.clear();
    impl_->waiting.clear();
    impl_->ended.clear();
    impl_->requests.clear();
    impl_->cache.clear();
    impl_->duration = Micros{0};
    impl_->settled = false;
    impl_->counted = {};
}

}  // namespace penstock::sim
