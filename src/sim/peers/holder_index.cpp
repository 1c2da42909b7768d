#include "holder_index.h"

#include <algorithm>

namespace penstock::sim {

void HolderIndex::insert(fleet::Slot slot, std::span<const std::uint64_t> chain) {
    if (order_ == Order::root_first) {
        for (const std::uint64_t block : chain) touch(slot, block);
    } else {
        for (std::size_t i = chain.size(); i > 0; --i) touch(slot, chain[i - 1]);
    }
    Shelf& shelf = shelves_[slot];
    while (capacity_ > 0 && shelf.order.size() > capacity_) {
        const std::uint64_t oldest = shelf.order.front();
        shelf.places.erase(oldest);
        shelf.order.pop_front();
        forget(slot, oldest);
    }
}

void HolderIndex::touch(fleet::Slot slot, std::uint64_t block) {
    Shelf& shelf = shelves_[slot];
    const auto place = shelf.places.find(block);
    if (place != shelf.places.end()) {
        shelf.order.splice(shelf.order.end(), shelf.order, place->second);
    } else {
        shelf.places.emplace(block, shelf.order.insert(shelf.order.end(), block));
    }
    std::vector<fleet::Slot>& holders = holders_[block];
    if (!holders.empty() && holders.back() == slot) return;
    if (place != shelf.places.end()) std::erase(holders, slot);
    holders.push_back(slot);
}

void HolderIndex::forget(fleet::Slot slot, std::uint64_t block) {
    const auto found = holders_.find(block);
    if (found == holders_.end()) return;
    std::erase(found->second, slot);
    if (found->second.empty()) holders_.erase(found);
}

std::vector<std::uint32_t> HolderIndex::match(std::span<const std::uint64_t> chain) const {
    std::vector<std::uint32_t> matched(shelves_.size());
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
    std::vector<std::uint32_t> matched(shelves_.size());
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
