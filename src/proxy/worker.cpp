#include "penstock/proxy/worker.h"

#include <algorithm>

namespace penstock::proxy {

namespace {

/// A pool goes on where the one of its name was: else frequent discoveries would always begin with
/// the same backends.
std::vector<std::uint64_t> carry_turns(const HeldGeneration& from, const Generation& to) {
    std::vector<std::uint64_t> turns(to.pools.size());
    const std::vector<Pool>& former = from.generation->pools;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const auto same = std::ranges::find(former, to.pools[i].name, &Pool::name);
        if (same != former.end())
            turns[i] = from.turns[static_cast<std::size_t>(same - former.begin())];
    }
    return turns;
}

}  // namespace

Worker::Worker(net::Loop& on, telemetry::WorkerMetrics& counts, Shared shared_parts,
               std::uint64_t seed)
    : loop{on},
      metrics{counts},
      shared{std::move(shared_parts)},
      pools{on, counts, seed},
      rng{seed},
      observations{on, shared.report_observations},
      table_{std::make_shared<const fleet::LoadTable>()} {}

void Worker::publish(std::shared_ptr<const Generation> generation) {
    pools.configure(generation->upstream);
    std::vector<std::uint64_t> turns = held_.empty()
                                           ? std::vector<std::uint64_t>(generation->pools.size())
                                           : carry_turns(*held_.back(), *generation);
    held_.push_back(std::make_unique<HeldGeneration>(
        HeldGeneration{std::move(generation), 0, std::move(turns)}));
    if (held_.size() > 1) release(*held_[held_.size() - 2], 0);
}

void Worker::release(HeldGeneration& held, std::uint32_t requests) noexcept {
    held.requests -= requests;
    if (held.requests > 0 || &held == held_.back().get()) return;
    std::erase_if(held_, [&](const auto& each) { return each.get() == &held; });
}

}  // namespace penstock::proxy
