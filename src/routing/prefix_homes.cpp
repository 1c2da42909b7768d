#include "penstock/routing/prefix_homes.h"

#include <bit>

namespace penstock::routing {

namespace {

// An entry: 41 bits of the mixed hash (of which its place tells 20), 14 of the slot, 8 of its era,
// and a bit that tells it from an empty one.
constexpr unsigned k_era_bits = 8;
constexpr unsigned k_slot_bits = 14;
constexpr unsigned k_low_bits = k_era_bits + k_slot_bits + 1;
constexpr std::uint64_t k_low = (std::uint64_t{1} << k_low_bits) - 1;
constexpr unsigned k_index_shift = 64 - std::bit_width(PrefixHomes::k_entries - 1);
static_assert(fleet::k_slots_max <= 1U << k_slot_bits);

constexpr std::uint64_t packed(std::uint64_t mixed, fleet::Slot slot, std::uint8_t era) noexcept {
    return (mixed & ~k_low) | std::uint64_t{slot} << (k_era_bits + 1) | std::uint64_t{era} << 1U |
           1U;
}

}  // namespace

PrefixHomes::PrefixHomes(std::uint64_t salt) : scatter_{salt}, entries_{k_entries} {}

PrefixHomes::Entry& PrefixHomes::entry_of(std::uint64_t mixed) const noexcept {
    return entries_[mixed >> k_index_shift];
}

void PrefixHomes::remember(fleet::Slot slot, std::span<const std::uint64_t> chain) noexcept {
    const std::uint8_t era = eras_[slot].load(std::memory_order_relaxed);
    for (const std::uint64_t block : chain) {
        const std::uint64_t mixed = scatter_(block);
        entry_of(mixed).store(packed(mixed, slot, era), std::memory_order_relaxed);
    }
}

PrefixHomes::Home PrefixHomes::home_of(std::uint64_t block) const noexcept {
    const std::uint64_t mixed = scatter_(block);
    const std::uint64_t entry = entry_of(mixed).load(std::memory_order_relaxed);
    const auto slot = static_cast<fleet::Slot>((entry & k_low) >> (k_era_bits + 1));
    const bool same = entry == packed(mixed, slot, eras_[slot].load(std::memory_order_relaxed));
    return {.slot = slot, .blocks = same ? 1U : 0U};
}

// Who is known of a block is known of those before it, but for what was overwritten.
PrefixHomes::Home PrefixHomes::find(std::span<const std::uint64_t> chain) const noexcept {
    Home best;
    std::size_t low = 0;
    std::size_t high = chain.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const Home found = home_of(chain[middle]);
        if (found.blocks == 0) {
            high = middle;
        } else {
            low = middle + 1;
            best = {.slot = found.slot, .blocks = static_cast<std::uint32_t>(low)};
        }
    }
    return best;
}

void PrefixHomes::forget(fleet::Slot slot, std::span<const std::uint64_t> blocks) noexcept {
    const std::uint8_t era = eras_[slot].load(std::memory_order_relaxed);
    for (const std::uint64_t block : blocks) {
        const std::uint64_t mixed = scatter_(block);
        std::uint64_t mine = packed(mixed, slot, era);  // another's stays
        entry_of(mixed).compare_exchange_strong(mine, 0, std::memory_order_relaxed);
    }
}

void PrefixHomes::forget(fleet::Slot slot) noexcept {
    eras_[slot].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace penstock::routing
