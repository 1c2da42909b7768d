// How many requests an engine runs at a time, learned where it does not say. Pure; one owner.
#pragma once

#include <cstdint>
#include <optional>

#include "penstock/fleet/load.h"

namespace penstock::fleet {

/// While places are what is waited for, each that comes free is taken at once: sample after sample
/// the same number runs while others wait, though requests of ours end (or it is a large number).
/// While a long prompt is prefilled none need end, and where others wait for prefill that number
/// changes. vLLM and SGLang do not tell their limit.
class BatchLimit {
public:
    /// The limit after this sample: the engine's word, or what is learned. Nothing: not known.
    [[nodiscard]] std::optional<double> see(const LoadSample& now) noexcept;
    /// Another process has taken its place.
    void forget() noexcept { *this = {}; }

private:
    std::optional<double> limit_;
    std::optional<double> running_;  // of the last sample, if others waited
    std::uint32_t alike_ = 0;        // samples in a row that had as many
    std::uint64_t finished_ = 0;     // of our requests, by the first of these
};

}  // namespace penstock::fleet
