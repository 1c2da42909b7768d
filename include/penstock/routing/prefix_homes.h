// Where the prompts that begin alike went last: a memory that outlasts the caches.
//
// A prompt whose blocks have been evicted everywhere could go anywhere; sent to where it was
// before, it often finds a part that is still there after all, and it leaves no second copy
// elsewhere for which other prompts' blocks must go. Bounded and lossy: newer blocks overwrite
// older ones. No locks; a reader may see an older entry. Thread: any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "penstock/base/lazy_array.h"
#include "penstock/base/scatter.h"
#include "penstock/fleet/identity.h"

namespace penstock::routing {

class PrefixHomes {
public:
    /// Blocks remembered at most, of all backends: 8 MiB, of which only what is written to is
    /// resident.
    static constexpr std::size_t k_entries = std::size_t{1} << 20U;

    /// `salt`: as the prefix index's.
    explicit PrefixHomes(std::uint64_t salt);

    /// The prompt was sent to `slot`.
    void remember(fleet::Slot slot, std::span<const std::uint64_t> chain) noexcept;

    struct Home {
        fleet::Slot slot = 0;
        std::uint32_t blocks = 0;  // of the chain; 0: no home
    };
    /// Who got the longest known beginning of the chain last. O(log chain) look-ups.
    [[nodiscard]] Home find(std::span<const std::uint64_t> chain) const noexcept;

    /// The backend restarted, or its slot has a new owner: nobody is at home there any more.
    void forget(fleet::Slot slot) noexcept;
    /// These blocks are known to be gone from there.
    void forget(fleet::Slot slot, std::span<const std::uint64_t> blocks) noexcept;

private:
    using Entry = std::atomic<std::uint64_t>;  // fingerprint, slot, the slot's era

    [[nodiscard]] Entry& entry_of(std::uint64_t mixed) const noexcept;
    [[nodiscard]] Home home_of(std::uint64_t block) const noexcept;

    Scatter scatter_;
    LazyArray<Entry> entries_;
    std::array<std::atomic<std::uint8_t>, fleet::k_slots_max> eras_{};
};

}  // namespace penstock::routing
