// Well-formed UTF-8, by Table 3-7 of the Unicode standard.
#pragma once

#include <cstddef>
#include <string_view>

namespace penstock {

/// Bytes of the well-formed character that `text` begins with, 1 to 4; 0: none does. Thread: any.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [text](std::size_t at) -> unsigned {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto within = [](unsigned value, unsigned low, unsigned high) {
        return value >= low && value <= high;
    };
    const auto tails = [&](std::size_t from, std::size_t to) {
        for (std::size_t at = from; at < to; ++at) {
            if (!within(byte(at), 0x80, 0xBF)) return false;
        }
        return true;
    };
    const unsigned first = byte(0);
    if (text.empty()) return 0;
    if (first < 0x80) return 1;
    if (within(first, 0xC2, 0xDF)) return tails(1, 2) ? 2 : 0;
    if (within(first, 0xE0, 0xEF)) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
        const unsigned high = first == 0xED ? 0x9F : 0xBF;  // no surrogates
        return within(byte(1), low, high) && tails(2, 3) ? 3 : 0;
    }
    if (within(first, 0xF0, 0xF4)) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;  // nothing beyond U+10FFFF
        return within(byte(1), low, high) && tails(2, 4) ? 4 : 0;
    }
    return 0;
}

}  // namespace penstock
