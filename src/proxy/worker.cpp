#include "penstock/proxy/worker.h"

#include <algorithm>

namespace penstock::proxy {

Worker::Worker(net::Loop& on, telemetry::WorkerMetrics& counts, Shared shared_parts,
               std::uint64_t seed)
    : loop{on},
      metrics{counts},
      shared{std::move(shared_parts)},
      pools{on, counts},
      rng{seed},
      observations{on, shared.report_observations},
      table_{std::make_shared<const fleet::LoadTable>()} {}

void Worker::publish(std::shared_ptr<const Generation> generation) {
    pools.configure(generation->upstream);
    held_.push_back(std::make_unique<HeldGeneration>(HeldGeneration{std::move(generation), 0}));
    if (held_.size() > 1) release(*held_[held_.size() - 2], 0);
}

void Worker::release(HeldGeneration& held, std::uint32_t requests) noexcept {
    held.requests -= requests;
    if (held.requests > 0 || &held == held_.back().get()) return;
    std::erase_if(held_, [&](const auto& each) { return each.get() == &held; });
}

}  // namespace penstock::proxy
