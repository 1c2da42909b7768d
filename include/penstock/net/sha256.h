// SHA-256 by OpenSSL, which only this module knows.
#pragma once

#include <array>
#include <string_view>

namespace penstock::net {

[[nodiscard]] std::array<unsigned char, 32> sha256(std::string_view bytes);

/// Compares without telling by its time where they differ.
[[nodiscard]] bool equal_constant_time(const std::array<unsigned char, 32>& a,
                                       const std::array<unsigned char, 32>& b) noexcept;

}  // namespace penstock::net
