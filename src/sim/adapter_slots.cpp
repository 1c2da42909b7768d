#include "penstock/sim/adapter_slots.h"

#include <algorithm>

#include "penstock/base/assert.h"

namespace penstock::sim {

std::optional<Micros> AdapterSlots::enter(std::uint32_t adapter, Micros now) {
    const auto found = std::ranges::find(loaded_, adapter, &Loaded::adapter);
    if (found != loaded_.end()) {
        ++found->users;
        found->used = now;
        return std::max(now, found->ready);
    }
    if (loaded_.size() >= slots_) {
        auto oldest = loaded_.end();
        for (auto each = loaded_.begin(); each != loaded_.end(); ++each) {
            if (each->users > 0) continue;
            if (oldest == loaded_.end() || each->used < oldest->used) oldest = each;
        }
        if (oldest == loaded_.end()) return std::nullopt;
        loaded_.erase(oldest);
    }
    loaded_.push_back({.adapter = adapter, .users = 1, .ready = now + load_, .used = now});
    return now + load_;
}

void AdapterSlots::leave(std::uint32_t adapter, Micros now) {
    const auto found = std::ranges::find(loaded_, adapter, &Loaded::adapter);
    PENSTOCK_ASSERT(found != loaded_.end() && found->users > 0);
    --found->users;
    found->used = now;
}

}  // namespace penstock::sim
