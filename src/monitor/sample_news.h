// What an engine's samples, one after the other, tell beyond their numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "penstock/fleet/load.h"

namespace penstock::monitor {

struct SampleNews {
    bool restarted = false;          // its cache is empty now
    std::optional<double> capacity;  // tokens, learned or changed
    friend bool operator==(const SampleNews&, const SampleNews&) = default;
};

/// A restart shows by another start time, or by counters of the prefix cache that went backwards.
/// What a page leaves out is taken to be as it was; but a new process may tell of no counter until
/// it has something to count, so counters that stay away are those of another process.
class SampleHistory {
public:
    /// Pages in a row without counters that were there before. One may be cut short, or be written
    /// while the exporter's processes come and go.
    static constexpr std::uint32_t k_pages_without = 3;

    [[nodiscard]] SampleNews take(const fleet::LoadSample& now) noexcept;

private:
    [[nodiscard]] bool counts_anew(const fleet::LoadSample& now) noexcept;

    // As last told.
    std::optional<double> cache_tokens_;
    std::optional<double> start_time_;
    std::optional<double> cache_queries_;
    std::optional<double> cache_hits_;
    std::uint32_t pages_without_ = 0;
};

}  // namespace penstock::monitor
