// A small, fast, seedable source of chance (xoshiro256++, Blackman & Vigna 2019, public domain
// algorithm).
#pragma once

#include <cstdint>

namespace penstock {

class Rng {
public:
    explicit Rng(std::uint64_t seed) noexcept;

    std::uint64_t next() noexcept;

    /// Uniform in [0, bound); `bound` > 0. Bias below 2^-32 for bounds under 2^32.
    std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
    }

    /// Uniform in [0, 1).
    double unit() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

private:
    std::uint64_t state_[4];
};

}  // namespace penstock
