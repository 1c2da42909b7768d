// Numbers as text, without a string of their own. Pure.
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

}  // namespace penstock
