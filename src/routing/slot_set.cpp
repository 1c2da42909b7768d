#include "slot_set.h"

#include <algorithm>
#include <utility>

namespace penstock::routing {

void SlotSet::add(fleet::Slot slot) {
    if (!few()) {
        many()->push_back(static_cast<std::uint16_t>(slot));
    } else if (few_count() < k_few) {
        add_few(slot);
    } else {
        auto all = std::make_unique<Many>();
        all->reserve(2 * (k_few + 1));
        each([&](fleet::Slot each) { all->push_back(static_cast<std::uint16_t>(each)); });
        all->push_back(static_cast<std::uint16_t>(slot));
        word_ = std::bit_cast<std::uint64_t>(all.release());
    }
}

void SlotSet::add_few(fleet::Slot slot) noexcept {
    const std::uint32_t count = few_count();
    const unsigned shift = k_slot_bits * (count + 1);
    word_ = std::uint64_t{slot} << shift | (word_ & ~(std::uint64_t{0xFFFF} << shift));
    word_ += 2;  // the count
}

void SlotSet::remove(fleet::Slot slot) noexcept {
    if (few()) return remove_few(slot);
    Many& all = *many();
    const auto found = std::find(all.begin(), all.end(), slot);
    if (found == all.end()) return;
    *found = all.back();
    all.pop_back();
    if (all.size() > k_few) return;
    const std::unique_ptr<Many> rest{&all};
    word_ = k_empty;
    for (const std::uint16_t each : *rest) add_few(each);
}

void SlotSet::remove_few(fleet::Slot slot) noexcept {
    const SlotSet before{std::move(*this)};
    bool removed = false;
    before.each([&](fleet::Slot each) {
        if (each == slot && !std::exchange(removed, true)) return;
        add_few(each);
    });
}

}  // namespace penstock::routing
