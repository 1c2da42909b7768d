// Letters without case, as protocols compare names: ASCII alone, whatever the locale. Pure.
#pragma once

#include <string>
#include <string_view>

namespace penstock {

[[nodiscard]] constexpr char lower_case(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& each : lower) each = lower_case(each);
    return lower;
}

}  // namespace penstock
