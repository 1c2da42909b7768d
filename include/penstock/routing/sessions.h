// Where sessions are at home: a memory of who served them last, and what it is worth to go there.
//
// The memory is bounded and lossy: of eight sessions in one place of it the one that was quiet for
// longest goes. Shared by all workers, no locks; a reader may see an older entry. A home is a
// preference, never correctness. Thread: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "penstock/base/lazy_array.h"
#include "penstock/base/scatter.h"
#include "penstock/base/units.h"
#include "penstock/fleet/identity.h"
#include "penstock/fleet/sheet.h"
#include "penstock/routing/policy.h"

namespace penstock::routing {

class Sessions {
public:
    /// Sessions remembered at most, of all pools: 8 MiB, of which only what is written to is
    /// resident.
    static constexpr std::size_t k_entries = std::size_t{1} << 20U;
    /// The longest that a session can be told from one of that time ago.
    static constexpr Millis k_ttl_max{5 * 24 * 3600 * 1000LL};

    /// `salt`: a random number that clients cannot know, as the prefix index's.
    explicit Sessions(std::uint64_t salt);

    /// The session's request went to `slot`. `session`: a hash of its name, and of its pool.
    void remember(std::uint64_t session, fleet::Slot slot, TimePoint now) noexcept;

    /// Who served it last, if that is no longer ago than `ttl` (seconds count).
    [[nodiscard]] std::optional<fleet::Slot> find(std::uint64_t session, TimePoint now,
                                                  Millis ttl) const noexcept;

    /// The session is not at home at `slot` after all; a home elsewhere stays.
    void forget(std::uint64_t session, fleet::Slot slot) noexcept;
    /// The backend restarted, or its slot has a new owner: nobody is at home there any more.
    void forget(fleet::Slot slot) noexcept;

private:
    static constexpr std::size_t k_ways = 8;   // entries in a cache line
    using Entry = std::atomic<std::uint64_t>;  // fingerprint, slot, the slot's era, seconds

    [[nodiscard]] std::span<Entry, k_ways> bucket_of(std::uint64_t mixed) const noexcept;
    [[nodiscard]] bool current(std::uint64_t entry) const noexcept;

    Scatter scatter_;
    LazyArray<Entry> entries_;
    std::array<std::atomic<std::uint8_t>, fleet::k_slots_max> eras_{};
};

/// What is known of a request's session.
struct SessionHome {
    std::optional<fleet::Slot> slot;  // who served it last
    float worth = 0;                  // seconds that going there again may cost
};

/// Puts a price on leaving the home: the `move_price` of all other rows. Where the home is unknown
/// or unfit and others send to these backends, too, it is the backend that all proxies would choose
/// (rendezvous.h), at a price that grows with the `foreign` share of the traffic.
void price_moves(const Input& input, const SessionHome& home, float foreign,
                 std::span<fleet::SheetRow> sheet) noexcept;

}  // namespace penstock::routing
