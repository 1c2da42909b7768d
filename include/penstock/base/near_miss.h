// "Did you mean …?": which known word somebody may have wanted to write. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace penstock {

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment) that make
/// `b` of `a`; the case of ASCII letters does not count. Words over `k_near_miss_length` bytes are
/// infinitely far apart. Complexity: O(|a| x |b|).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b) noexcept;
inline constexpr std::size_t k_near_miss_length = 64;

/// The nearest of `known` that is at most a third of `word` away (at least 1), the first among
/// equals; else the first that begins with `word`, if that has three letters; empty when none does.
/// Borrowed from `known`.
[[nodiscard]] std::string_view near_miss(std::string_view word,
                                         std::span<const std::string_view> known) noexcept;

}  // namespace penstock
