// From a block to those who hold it: an open hash table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "penstock/base/scatter.h"
#include "slot_set.h"

namespace penstock::routing {

/// 16 bytes a block, at most three quarters full. Not synchronised.
class HolderTable {
public:
    /// `used_bits`: upper bits of a scattered block that are the same for all in this table.
    HolderTable(Scatter scatter, unsigned used_bits) noexcept
        : scatter_{scatter}, used_bits_{used_bits} {}

    /// Null: nobody holds it. Lives until the next change.
    [[nodiscard]] const SlotSet* find(std::uint64_t block) const noexcept;
    void add(std::uint64_t block, fleet::Slot slot);
    void remove(std::uint64_t block, fleet::Slot slot) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// O(size).
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    struct Entry {
        std::uint64_t block = 0;
        SlotSet slots;  // empty: the place is free
    };

    [[nodiscard]] std::size_t home(std::uint64_t block) const noexcept {
        return (scatter_(block) << used_bits_) >> shift_;
    }
    /// Where it is, or the free place where it would be. Precondition: there is a free one.
    [[nodiscard]] std::size_t place_of(std::uint64_t block) const noexcept;
    void close_gap(std::size_t hole) noexcept;
    void resize(std::size_t places);

    Scatter scatter_;
    unsigned used_bits_;
    unsigned shift_ = 63;         // 64 - log2(places)
    std::vector<Entry> entries_;  // a power of two, or none
    std::size_t size_ = 0;
};

}  // namespace penstock::routing
