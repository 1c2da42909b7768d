// The prefix index of the peers' models: which backends were sent which blocks. Bounded, whatever
// its original is: a long simulation must not fill the machine.
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
    /// Whose blocks the bound counts. A block that two backends have counts twice.
    enum class Bound : std::uint8_t { each, all };

    /// `capacity`: blocks that are known at most, positive; those used longest ago go first.
    HolderIndex(std::size_t backends, std::size_t capacity, Order order, Bound bound = Bound::each)
        : places_(backends),
          ages_(bound == Bound::each ? backends : 1),
          capacity_{capacity},
          order_{order} {}

    void insert(fleet::Slot slot, std::span<const std::uint64_t> chain);

    /// For each backend how many blocks it has from the root on, without a gap.
    [[nodiscard]] std::vector<std::uint32_t> match(std::span<const std::uint64_t> chain) const;
    /// For each backend how many it has up to the first that nobody has, gaps or not.
    [[nodiscard]] std::vector<std::uint32_t> match_with_gaps(
        std::span<const std::uint64_t> chain) const;
    /// Who has the block, who got it last at the end; null: nobody.
    [[nodiscard]] const std::vector<fleet::Slot>* holders(std::uint64_t block) const;

    /// Blocks that the backend is known to have.
    [[nodiscard]] std::size_t size(fleet::Slot slot) const noexcept { return places_[slot].size(); }

private:
    struct Known {
        fleet::Slot slot;
        std::uint64_t block;
    };
    using Ages = std::list<Known>;  // used longest ago first
    [[nodiscard]] Ages& ages(fleet::Slot slot) { return ages_[ages_.size() == 1 ? 0 : slot]; }
    void touch(fleet::Slot slot, std::uint64_t block);
    void forget(const Known& known);

    std::unordered_map<std::uint64_t, std::vector<fleet::Slot>> holders_;
    std::vector<std::unordered_map<std::uint64_t, Ages::iterator>> places_;  // by slot
    std::vector<Ages> ages_;  // of each backend, or of all
    std::size_t capacity_;
    Order order_;
};

}  // namespace penstock::sim
