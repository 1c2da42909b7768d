// What a new list of targets means for those who are there. Pure.
#pragma once

#include <span>
#include <vector>

#include "penstock/monitor/monitor.h"

namespace penstock::monitor {

/// What becomes of one place.
enum class Fate : std::uint8_t {
    same,     // nothing to do but, perhaps, to end its draining
    retuned,  // the same server, asked differently: its state stays
    fresh,    // unknown so far, or another server in this slot
    left,     // not wanted any more: drains
};

struct Verdict {
    fleet::Slot slot = 0;
    Fate fate = Fate::same;
    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// One verdict a slot, in the order of the slots. Weight, labels and limits are not the monitor's
/// concern: a change of them leaves it the same.
[[nodiscard]] std::vector<Verdict> compare_targets(std::span<const Target> present,
                                                   std::span<const Target> wanted);

}  // namespace penstock::monitor
