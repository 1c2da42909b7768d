#include "holder_table.h"

#include <bit>
#include <utility>

namespace penstock::routing {

namespace {

constexpr std::size_t k_places_least = 16;

}  // namespace

std::size_t HolderTable::place_of(std::uint64_t block) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    std::size_t at = home(block);
    while (!entries_[at].slots.empty() && entries_[at].block != block) at = (at + 1) & mask;
    return at;
}

const SlotSet* HolderTable::find(std::uint64_t block) const noexcept {
    if (entries_.empty()) return nullptr;
    const SlotSet& slots = entries_[place_of(block)].slots;
    return slots.empty() ? nullptr : &slots;
}

void HolderTable::add(std::uint64_t block, fleet::Slot slot) {
    if ((size_ + 1) * 4 > entries_.size() * 3) resize(entries_.size() * 2);
    Entry& entry = entries_[place_of(block)];
    if (entry.slots.empty()) ++size_;
    entry.block = block;
    entry.slots.add(slot);
}

void HolderTable::remove(std::uint64_t block, fleet::Slot slot) noexcept {
    if (entries_.empty()) return;
    const std::size_t at = place_of(block);
    if (entries_[at].slots.empty()) return;
    entries_[at].slots.remove(slot);
    if (!entries_[at].slots.empty()) return;
    --size_;
    close_gap(at);
    // What flushed backends held is given back, long after the next insertions could want it.
    if (size_ * 8 < entries_.size()) resize(entries_.size() / 2);
}

// Linear probing without tombstones: what follows the hole moves up while that brings it nearer to
// its home.
void HolderTable::close_gap(std::size_t hole) noexcept {
    const std::size_t mask = entries_.size() - 1;
    for (std::size_t at = (hole + 1) & mask; !entries_[at].slots.empty(); at = (at + 1) & mask) {
        const std::size_t wanted = home(entries_[at].block);
        if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
        entries_[hole] = std::move(entries_[at]);
        hole = at;
    }
}

void HolderTable::resize(std::size_t places) {
    places = std::max(places, k_places_least);
    if (places == entries_.size()) return;
    std::vector<Entry> before = std::exchange(entries_, std::vector<Entry>(places));
    shift_ = 64U - static_cast<unsigned>(std::countr_zero(places));
    for (Entry& entry : before) {
        if (!entry.slots.empty()) entries_[place_of(entry.block)] = std::move(entry);
    }
}

std::size_t HolderTable::bytes() const noexcept {
    std::size_t bytes = entries_.capacity() * sizeof(Entry);
    for (const Entry& entry : entries_) bytes += entry.slots.bytes();
    return bytes;
}

}  // namespace penstock::routing
