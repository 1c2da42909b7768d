#include "holder_index.h"

#include <algorithm>

namespace penstock::sim {

void HolderIndex::insert(fleet::Slot slot, std::span<const std::uint64_t> chain) {
    if (order_ == Order::root_first) {
        for (const std::uint64_t block : chain) touch(slot, block);
    } else {
        for (std::size_t i = chain.size(); i > 0; --i) touch(slot, chain[i - 1]);
    }
    Ages& known = ages(slot);
    while (known.size() > capacity_) {
        forget(known.front());
        known.pop_front();
    }
}

void HolderIndex::touch(fleet::Slot slot, std::uint64_t block) {
    Ages& known = ages(slot);
    const auto place = places_[slot].find(block);
    const bool is_new = place == places_[slot].end();
    if (is_new) {
        places_[slot].emplace(block, known.insert(known.end(), {slot, block}));
    } else {
        known.splice(known.end(), known, place->second);
    }
    std::vector<fleet::Slot>& holders = holders_[block];
    if (!holders.empty() && holders.back() == slot) return;
    if (!is_new) std::erase(holders, slot);
    holders.push_back(slot);
}

void HolderIndex::forget(const Known& known) {
    places_[known.slot].erase(known.block);
    const auto found = holders_.find(known.block);
    if (found == holders_.end()) return;
    std::erase(found->second, known.slot);
    if (found->second.empty()) holders_.erase(found);
}

std::vector<std::uint32_t> HolderIndex::match(std::span<const std::uint64_t> chain) const {
    std::vector<std::uint32_t> matched(places_.size());
    for (std::uint32_t i = 0; i < chain.size(); ++i) {
        const std::vector<fleet::Slot>* having = holders(chain[i]);
        if (having == nullptr) break;
        bool anybody = false;
        for (const fleet::Slot slot : *having) {
            if (matched[slot] != i) continue;
            ++matched[slot];
            anybody = true;
        }
        if (!anybody) break;
    }
    return matched;
}

std::vector<std::uint32_t> HolderIndex::match_with_gaps(
    std::span<const std::uint64_t> chain) const {
    std::vector<std::uint32_t> matched(places_.size());
    for (const std::uint64_t block : chain) {
        const std::vector<fleet::Slot>* having = holders(block);
        if (having == nullptr) break;
        for (const fleet::Slot slot : *having) ++matched[slot];
    }
    return matched;
}

const std::vector<fleet::Slot>* HolderIndex::holders(std::uint64_t block) const {
    const auto found = holders_.find(block);
    return found == holders_.end() ? nullptr : &found->second;
}

}  // namespace penstock::sim
