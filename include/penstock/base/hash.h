// XXH3 behind one door, so that only base knows the library.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

/// XXH3-64 of `bytes` with `seed`. Thread: any.
[[nodiscard]] std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0) noexcept;

}  // namespace penstock
