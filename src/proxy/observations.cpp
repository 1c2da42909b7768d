#include "penstock/proxy/observations.h"

#include <utility>

namespace penstock::proxy {

namespace {

constexpr Millis k_together{100};
constexpr std::size_t k_most = 1024;  // more in that time would tell nothing new

}  // namespace

Observations::Observations(net::Loop& loop, Report report)
    : report_{std::move(report)}, timer_{loop} {}

void Observations::add(const fleet::Observation& seen) {
    if (!report_ || seen_.size() >= k_most) return;
    seen_.push_back(seen);
    if (!timer_.set()) timer_.set(k_together, hook_);
}

void Observations::send() {
    report_(std::exchange(seen_, {}));
}

}  // namespace penstock::proxy
