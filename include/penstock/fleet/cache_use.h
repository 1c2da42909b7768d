// Whether an engine uses its prefix cache at all. Pure; one owner.
#pragma once

#include <cstdint>
#include <optional>

#include "penstock/fleet/load.h"

namespace penstock::fleet {

/// The engine counts the prompt tokens that it was asked for and those it found cached, over all
/// requests. Where it finds next to nothing of what is believed to be there, time after time, the
/// cache is switched off, or useless, and beliefs are not to be counted on.
///
/// Anything finer does harm (decision 0010): who believes by half sends half of the prompts
/// elsewhere, which makes the beliefs wrong. Learns nothing against a cache where more than a fifth
/// of the prompts come through others, whose hits cannot be told apart; a hit of anybody's speaks
/// for it.
class CacheUse {
public:
    /// A poll.
    void see(const LoadSample& sample) noexcept;
    /// Another process has taken its place, with a cache that starts anew.
    void forget() noexcept { *this = {}; }

    /// What is believed to be cached there is not to be counted on.
    [[nodiscard]] bool off() const noexcept;

private:
    struct Counts {
        double queries = 0;
        double hits = 0;
        Answered ours;
    };
    void compare(const Counts& now) noexcept;

    std::optional<Counts> since_;  // the last that were compared, or the first
    std::uint32_t misses_ = 0;     // comparisons in a row that found next to nothing
};

}  // namespace penstock::fleet
