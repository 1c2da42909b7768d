// Places in hash tables whose keys are hashes that strangers can compute.
#pragma once

#include <cstdint>

namespace penstock {

/// Salted, since the keys are public: prompts can be made whose blocks would all have one place,
/// and each look-up would go over all of them. Multiplication by a secret odd number, of which the
/// upper bits count, is universal (Dietzfelbinger and others 1997). Pure.
class Scatter {
public:
    /// `salt`: a random number that clients cannot know. Equal salts scatter alike.
    explicit constexpr Scatter(std::uint64_t salt) noexcept : multiplier_{(k_golden ^ salt) | 1U} {}

    /// The key, scattered: its upper bits are the place.
    [[nodiscard]] constexpr std::uint64_t operator()(std::uint64_t key) const noexcept {
        return key * multiplier_;
    }

private:
    static constexpr std::uint64_t k_golden = 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio, odd
    std::uint64_t multiplier_;
};

}  // namespace penstock
