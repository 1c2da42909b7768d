// Who holds one block: most often one or two backends, at times the whole fleet.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "penstock/fleet/identity.h"

namespace penstock::routing {

/// Slots in no order, in eight bytes as long as there are at most three of them, beyond that two
/// bytes each on the heap. A slot that was added twice must be removed twice. Not synchronised.
class SlotSet {
public:
    SlotSet() = default;
    SlotSet(SlotSet&& other) noexcept : word_{other.word_} { other.word_ = k_empty; }
    SlotSet& operator=(SlotSet&& other) noexcept {
        std::swap(word_, other.word_);
        return *this;
    }
    ~SlotSet() {
        if (!few()) delete many();
    }

    void add(fleet::Slot slot);
    /// Once, if it is there.
    void remove(fleet::Slot slot) noexcept;

    [[nodiscard]] bool empty() const noexcept { return word_ == k_empty; }
    [[nodiscard]] std::uint32_t size() const noexcept {
        return few() ? few_count() : static_cast<std::uint32_t>(many()->size());
    }
    template <class Visit>
    void each(const Visit& visit) const {
        if (!few()) {
            for (const std::uint16_t slot : *many()) visit(fleet::Slot{slot});
            return;
        }
        for (std::uint32_t i = 0; i < few_count(); ++i) visit(few_at(i));
    }
    /// On the heap.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return few() ? 0 : sizeof(Many) + many()->capacity() * sizeof(std::uint16_t);
    }

private:
    using Many = std::vector<std::uint16_t>;
    static_assert(fleet::k_slots_max <= 1U << 16U);
    static_assert(sizeof(Many*) == sizeof(std::uint64_t) && alignof(Many) > 1);

    // The word's lowest bit tells what it is. Set: the next two are a count, and the upper 48 so
    // many slots. Else it is a pointer, whose lowest bit is never set.
    static constexpr std::uint64_t k_empty = 1;
    static constexpr std::uint32_t k_few = 3;
    static constexpr unsigned k_slot_bits = 16;

    [[nodiscard]] bool few() const noexcept { return (word_ & 1U) != 0; }
    [[nodiscard]] std::uint32_t few_count() const noexcept {
        return static_cast<std::uint32_t>(word_ >> 1U) & k_few;
    }
    [[nodiscard]] fleet::Slot few_at(std::uint32_t at) const noexcept {
        return static_cast<std::uint16_t>(word_ >> (k_slot_bits * (at + 1)));
    }
    [[nodiscard]] Many* many() const noexcept { return std::bit_cast<Many*>(word_); }
    void add_few(fleet::Slot slot) noexcept;
    void remove_few(fleet::Slot slot) noexcept;

    std::uint64_t word_ = k_empty;
};

}  // namespace penstock::routing
