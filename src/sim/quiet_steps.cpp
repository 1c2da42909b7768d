// Many decode steps at once: what makes a fleet of engines cheap to simulate.
#include <algorithm>
#include <limits>

#include "engine_model_impl.h"

namespace penstock::sim {

bool EngineModel::Impl::decodes_only() const {
    return std::ranges::all_of(running, [](const EngineRequest* request) {
        return request->planned == 1 && request->decoding();
    });
}

// Blocks to be allocated by so many steps, with the plan of the step after them.
std::uint64_t EngineModel::Impl::new_blocks(std::uint32_t steps) const {
    std::uint64_t blocks = 0;
    for (const EngineRequest* request : running) {
        blocks += blocks_for(request->computed + steps + 1, profile.block_tokens) -
                  request->blocks.size();
    }
    return blocks;
}

// Steps before the one that fills a block with a name.
std::uint32_t EngineModel::Impl::steps_to_name(const EngineRequest& request) const {
    const std::uint32_t full = request.computed / profile.block_tokens;
    if (full >= request.chain.size()) return std::numeric_limits<std::uint32_t>::max();
    return (full + 1) * profile.block_tokens - request.computed - 1;
}

std::uint32_t EngineModel::quiet_steps() const {
    const Impl& impl = *impl_;
    // Whoever waits goes on waiting: the batch stays full, or the cache only gets fuller.
    if (!impl.settled || impl.running.empty() || !impl.decodes_only()) return 0;
    std::uint32_t steps = std::numeric_limits<std::uint32_t>::max();
    for (const EngineRequest* request : impl.running) {
        const std::uint32_t to_last = request->output_tokens - request->generated - 1;
        steps = std::min({steps, to_last, impl.steps_to_name(*request)});
    }
    // Near a full cache, where somebody may be preempted, halving is near enough.
    while (steps > 0 && impl.new_blocks(steps) > impl.cache.available()) steps /= 2;
    return steps;
}

void EngineModel::skip(std::uint32_t steps) {
    if (steps == 0) return;
    Impl& impl = *impl_;
    for (const RequestId id : impl.ended) impl.requests.erase(id);
    impl.ended.clear();
    for (EngineRequest* request : impl.running) {
        request->generated += steps;
        request->computed += steps;
        const bool grown = impl.grow(*request, 1);
        PENSTOCK_ASSERT(grown);
    }
    impl.counted.generated_tokens += std::uint64_t{steps} * impl.running.size();
}

std::uint32_t EngineModel::held_blocks(std::span<const std::uint64_t> chain) const {
    return impl_->profile.prefix_caching ? impl_->cache.match(chain) : 0;
}

}  // namespace penstock::sim
