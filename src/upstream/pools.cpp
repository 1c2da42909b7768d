#include "penstock/upstream/pools.h"

#include <algorithm>
#include <vector>

#include "node.h"
#include "penstock/net/loop.h"

namespace penstock::upstream {

namespace {

constexpr Millis k_sweep{250};

}  // namespace

struct Pools::Impl {
    Impl(net::Loop& on, telemetry::WorkerMetrics& counts, std::uint64_t seed)
        : loop{on}, metrics{counts}, scratch{seed}, sweep_timer{on} {
        sweep_timer.set(k_sweep, sweep_hook);
    }

    Node& node(fleet::Slot slot) {
        if (slot >= nodes.size()) nodes.resize(slot + 1);
        if (!nodes[slot]) nodes[slot] = std::make_unique<Node>(loop, metrics, options, scratch);
        return *nodes[slot];
    }

    void sweep() {
        const TimePoint since = loop.now() - options.idle_timeout;
        for (const auto& each : nodes) {
            if (each) each->expire(since);
        }
        sweep_timer.set(k_sweep, sweep_hook);
    }

    net::Loop& loop;
    telemetry::WorkerMetrics& metrics;
    Options options;
    Scratch scratch;
    std::vector<std::unique_ptr<Node>> nodes;  // by slot; live as long as the worker
    net::Timer sweep_timer;
    Hook<Impl, &Impl::sweep> sweep_hook{*this};
};

Pools::Pools(net::Loop& loop, telemetry::WorkerMetrics& metrics, std::uint64_t seed)
    : impl_{std::make_unique<Impl>(loop, metrics, seed)} {}
Pools::~Pools() = default;

void Pools::configure(const Options& options) {
    impl_->options = options;
}

std::unique_ptr<http::ClientStream> Pools::reuse(const fleet::Backend& backend) {
    std::unique_ptr<http::ClientStream> stream = impl_->node(backend.server()).reuse(backend);
    if (stream) impl_->metrics.count(telemetry::Count::upstream_reuses);
    return stream;
}

std::unique_ptr<http::ClientStream> Pools::join(const fleet::Backend& backend) {
    std::unique_ptr<http::ClientStream> stream = impl_->node(backend.server()).join(backend);
    if (stream) impl_->metrics.count(telemetry::Count::upstream_reuses);
    return stream;
}

Task<Result<std::unique_ptr<http::ClientStream>>> Pools::connect(const fleet::Backend& backend,
                                                                 TimePoint until) {
    return impl_->node(backend.server()).connect(backend, until);
}

void Pools::forget(fleet::Slot slot) {
    if (slot < impl_->nodes.size() && impl_->nodes[slot]) impl_->nodes[slot]->clear();
}

}  // namespace penstock::upstream
