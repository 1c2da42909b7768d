// What two samples of one engine, one after the other, tell beyond their numbers. Pure.
#pragma once

#include <optional>

#include "penstock/fleet/load.h"

namespace penstock::monitor {

struct SampleNews {
    bool restarted = false;          // its cache is empty now
    std::optional<double> capacity;  // KV tokens, learned or changed
    friend bool operator==(const SampleNews&, const SampleNews&) = default;
};

/// A restart shows by another start time, or by counters of the prefix cache that went backwards.
[[nodiscard]] SampleNews compare(const std::optional<fleet::LoadSample>& before,
                                 const fleet::LoadSample& now) noexcept;

}  // namespace penstock::monitor
