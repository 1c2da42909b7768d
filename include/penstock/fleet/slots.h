// Which backend has which slot. Control thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/fleet/identity.h"

namespace penstock::fleet {

/// Slots keyed by (pool, URL): a backend that leaves and comes back before its slot was released
/// finds its old one, with counters and prefix index. A released slot may go to anybody.
class SlotTable {
public:
    /// The slot of this backend, old or new; nothing when all `k_slots_max` are taken.
    [[nodiscard]] std::optional<Slot> assign(std::string_view pool, std::string_view url);
    void release(Slot slot);
    [[nodiscard]] std::size_t size() const noexcept { return owners_.size(); }

private:
    std::map<std::pair<std::string, std::string>, Slot> owners_;
    std::vector<Slot> free_;
    Slot next_ = 0;
};

}  // namespace penstock::fleet
