#include "penstock/routing/sessions.h"

#include <bit>

namespace penstock::routing {

namespace {

// An entry, from the top: 22 bits of the mixed hash (its place tells 17 more), 14 of the slot, 8 of
// its era, 20 of seconds. The latter are never 0, so that an empty entry is no other's.
constexpr unsigned k_seconds_bits = 20;
constexpr unsigned k_era_bits = 8;
constexpr unsigned k_slot_bits = 14;
constexpr unsigned k_era_shift = k_seconds_bits;
constexpr unsigned k_slot_shift = k_era_shift + k_era_bits;
constexpr unsigned k_print_shift = k_slot_shift + k_slot_bits;
constexpr std::uint64_t k_turn = (std::uint64_t{1} << k_seconds_bits) - 1;  // 12 days
static_assert(fleet::k_slots_max <= 1U << k_slot_bits);
static_assert(Sessions::k_ttl_max < std::chrono::seconds{k_turn} / 2);

constexpr std::uint64_t bits(std::uint64_t entry, unsigned shift, unsigned width) noexcept {
    return entry >> shift & ((std::uint64_t{1} << width) - 1);
}

constexpr fleet::Slot slot_in(std::uint64_t entry) noexcept {
    return static_cast<fleet::Slot>(bits(entry, k_slot_shift, k_slot_bits));
}

constexpr std::uint64_t print_in(std::uint64_t entry) noexcept {
    return entry >> k_print_shift;
}

/// Of the bits below those that tell the place.
constexpr std::uint64_t print_of(std::uint64_t mixed, std::size_t buckets) noexcept {
    return print_in(mixed << std::bit_width(buckets - 1));
}

std::uint64_t seconds_of(TimePoint now) noexcept {
    const auto since =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    return static_cast<std::uint64_t>(since) % k_turn + 1;
}

constexpr std::uint64_t age_of(std::uint64_t entry, std::uint64_t seconds) noexcept {
    return (seconds + k_turn - bits(entry, 0, k_seconds_bits)) % k_turn;
}

}  // namespace

Sessions::Sessions(std::uint64_t salt) : scatter_{salt}, entries_{k_entries} {}

std::span<Sessions::Entry, Sessions::k_ways> Sessions::bucket_of(
    std::uint64_t mixed) const noexcept {
    constexpr unsigned k_shift = 64 - std::bit_width(k_entries / k_ways - 1);
    return std::span<Entry, k_ways>{&entries_[(mixed >> k_shift) * k_ways], k_ways};
}

bool Sessions::current(std::uint64_t entry) const noexcept {
    return entry != 0 && bits(entry, k_era_shift, k_era_bits) ==
                             eras_[slot_in(entry)].load(std::memory_order_relaxed);
}

void Sessions::remember(std::uint64_t session, fleet::Slot slot, TimePoint now) noexcept {
    const std::uint64_t mixed = scatter_(session);
    const std::uint64_t print = print_of(mixed, k_entries / k_ways);
    const std::uint64_t seconds = seconds_of(now);
    Entry* place = nullptr;
    std::uint64_t oldest = 0;
    for (Entry& each : bucket_of(mixed)) {
        const std::uint64_t entry = each.load(std::memory_order_relaxed);
        if (entry != 0 && print_in(entry) == print) {
            place = &each;
            break;
        }
        const std::uint64_t age = current(entry) ? age_of(entry, seconds) : k_turn;
        if (place != nullptr && age <= oldest) continue;
        place = &each;
        oldest = age;
    }
    const std::uint64_t era = eras_[slot].load(std::memory_order_relaxed);
    place->store(
        print << k_print_shift | std::uint64_t{slot} << k_slot_shift | era << k_era_shift | seconds,
        std::memory_order_relaxed);
}

std::optional<fleet::Slot> Sessions::find(std::uint64_t session, TimePoint now,
                                          Millis ttl) const noexcept {
    const std::uint64_t mixed = scatter_(session);
    const std::uint64_t print = print_of(mixed, k_entries / k_ways);
    const std::uint64_t seconds = seconds_of(now);
    for (const Entry& each : bucket_of(mixed)) {
        const std::uint64_t entry = each.load(std::memory_order_relaxed);
        if (entry == 0 || print_in(entry) != print) continue;
        const bool known = current(entry) && std::chrono::seconds{age_of(entry, seconds)} <= ttl;
        return known ? std::optional{slot_in(entry)} : std::nullopt;
    }
    return std::nullopt;
}

void Sessions::forget(std::uint64_t session, fleet::Slot slot) noexcept {
    const std::uint64_t mixed = scatter_(session);
    const std::uint64_t print = print_of(mixed, k_entries / k_ways);
    for (Entry& each : bucket_of(mixed)) {
        std::uint64_t entry = each.load(std::memory_order_relaxed);
        if (entry == 0 || print_in(entry) != print) continue;
        if (slot_in(entry) == slot) {
            each.compare_exchange_strong(entry, 0, std::memory_order_relaxed);
        }
        return;
    }
}

void Sessions::forget(fleet::Slot slot) noexcept {
    eras_[slot].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace penstock::routing
