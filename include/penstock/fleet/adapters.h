// Which LoRA adapters a backend has loaded, as far as it can be told: its engine names those at
// work, and this proxy remembers those it sent there since.
//
// An engine keeps a few adapters in slots, least recently used first out, and none says which idle
// ones are there (src/decisions/0009). A belief, never correctness.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "penstock/base/lazy_array.h"
#include "penstock/base/units.h"
#include "penstock/fleet/identity.h"

namespace penstock::fleet {

/// A hash of an adapter's name. 0: none.
using AdapterId = std::uint64_t;
[[nodiscard]] AdapterId adapter_id(std::string_view name) noexcept;

/// An adapter as an engine's metrics name it: some request wants it now.
struct AdapterUse {
    std::string name;
    AdapterId id = 0;
    bool waiting = false;  // only such requests as wait for a slot
    friend bool operator==(const AdapterUse&, const AdapterUse&) = default;
};

/// What a request that wants an adapter finds at a backend.
enum class AdapterRoom : std::uint8_t {
    none,    // it wants no adapter
    loaded,  // it is there, or on its way
    free,    // it will be loaded into an empty slot
    idle,    // it will take the place of one that nobody uses
    busy     // it waits until an adapter at work is done
};
[[nodiscard]] std::string_view name(AdapterRoom room) noexcept;

/// Which adapters this proxy sent to which backend, and when last. Bounded and lossy: the oldest
/// entry of a backend gives way. No locks; a reader may pair an entry's name with the time of the
/// one that replaces it. Owned by `app`, lives as long as the process. Thread: any.
class AdapterHistory {
public:
    /// Remembered of one backend. 8 MiB for all, of which only what is written to is resident.
    static constexpr std::size_t k_entries = 32;

    AdapterHistory();

    /// A request for it goes there.
    void note(Slot slot, AdapterId adapter, TimePoint now) noexcept;
    /// The backend refused it: it is not there after all.
    void forget(Slot slot, AdapterId adapter) noexcept;
    /// The backend restarted, or its slot has a new owner.
    void flush(Slot slot) noexcept;

    struct Seen {
        AdapterId adapter = 0;
        TimePoint used{};  // when a request for it was sent there last
    };
    using Room = std::array<Seen, k_entries>;
    /// What is remembered of a backend, in no order; in `room`.
    [[nodiscard]] std::span<const Seen> seen(Slot slot, Room& room) const noexcept;

private:
    struct Entry {
        std::atomic<AdapterId> adapter;
        std::atomic<Clock::rep> used;
    };
    [[nodiscard]] std::span<Entry, k_entries> entries(Slot slot) const noexcept;

    LazyArray<Entry> entries_;  // by slot
};

struct AdapterPlace {
    AdapterRoom room = AdapterRoom::none;
    float ahead = 0;  // busy: adapters that will be given a slot before it
    friend bool operator==(const AdapterPlace&, const AdapterPlace&) = default;
};

/// What an engine has told of its adapters.
struct AdapterNews {
    std::span<const AdapterUse> at_work{};  // by the requests there, in no order
    std::optional<double> slots{};
    std::optional<double> slots_used{};
    TimePoint when = TimePoint::max();  // max: too long ago, or never
};

/// What `wanted` would find at a backend. O(entries x adapters at work). Pure.
[[nodiscard]] AdapterPlace find_place(AdapterId wanted, const AdapterNews& news,
                                      std::span<const AdapterHistory::Seen> seen) noexcept;

}  // namespace penstock::fleet
