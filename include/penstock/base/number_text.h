// Numbers as text, for programs and for people. Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace penstock {

/// In decimal, behind what is there.
inline void append_number(std::string& out, std::uint64_t number) {
    char digits[20];  // of the largest
    char* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

/// As people read a measured number: three significant digits at most, and no zeros after them
/// behind the point ("0.092", "1.53", "412", "15200"). -0 is 0. Only what is nearly nothing, or
/// more than anybody counts, has an exponent.
[[nodiscard]] std::string readable(double number);

}  // namespace penstock
