// The prefix index of the peers' models: which backends were sent which blocks.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>
#include <vector>

#include "penstock/fleet/identity.h"

namespace penstock::sim {

class HolderIndex {
public:
    /// Which block of a chain counts as used longest ago.
    enum class Order : std::uint8_t { root_first, tail_first };

    /// `capacity`: blocks of each backend; 0: no bound.
    HolderIndex(std::size_t backends, std::size_t capacity, Order order)
        : shelves_(backends), capacity_{capacity}, order_{order} {}

    void insert(fleet::Slot slot, std::span<const std::uint64_t> chain);

    /// For each backend how many blocks it has from the root on, without a gap.
    [[nodiscard]] std::vector<std::uint32_t> match(std::span<const std::uint64_t> chain) const;
    /// For each backend how many it has up to the first that nobody has, gaps or not.
    [[nodiscard]] std::vector<std::uint32_t> match_with_gaps(
        std::span<const std::uint64_t> chain) const;
    /// Who has the block, who got it last at the end; null: nobody.
    [[nodiscard]] const std::vector<fleet::Slot>* holders(std::uint64_t block) const;

private:
    struct Shelf {
        std::list<std::uint64_t> order;  // used longest ago first
        std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> places;
    };
    void touch(fleet::Slot slot, std::uint64_t block);
    void forget(fleet::Slot slot, std::uint64_t block);

    std::unordered_map<std::uint64_t, std::vector<fleet::Slot>> holders_;
    std::vector<Shelf> shelves_;
    std::size_t capacity_;
    Order order_;
};

}  // namespace penstock::sim
