#include "penstock/fleet/slots.h"

#include <algorithm>

namespace penstock::fleet {

std::optional<Slot> SlotTable::assign(std::string_view pool, std::string_view url) {
    const auto key = std::pair{std::string{pool}, std::string{url}};
    if (const auto known = owners_.find(key); known != owners_.end()) return known->second;
    Slot slot = 0;
    if (!free_.empty()) {
        slot = free_.back();
        free_.pop_back();
    } else if (next_ < k_slots_max) {
        slot = next_++;
    } else {
        return std::nullopt;
    }
    owners_.emplace(key, slot);
    return slot;
}

void SlotTable::release(Slot slot) {
    const auto owner = std::find_if(owners_.begin(), owners_.end(),
                                    [slot](const auto& entry) { return entry.second == slot; });
    if (owner == owners_.end()) return;
    owners_.erase(owner);
    free_.push_back(slot);
}

}  // namespace penstock::fleet
