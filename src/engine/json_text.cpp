#include "json_text.h"

#include <algorithm>

namespace penstock::engine {
namespace {

constexpr std::uint32_t k_replacement = 0xFFFD;
constexpr std::uint32_t k_not_hex = UINT32_MAX;

std::uint32_t hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
    return k_not_hex;
}

/// The code unit of `\uXXXX` at the front of `text`, or k_not_hex.
std::uint32_t code_unit(std::string_view text) noexcept {
    if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return k_not_hex;
    std::uint32_t unit = 0;
    for (const char c : text.substr(2, 4)) {
        const std::uint32_t digit = hex_digit(c);
        if (digit == k_not_hex) return k_not_hex;
        unit = unit << 4U | digit;
    }
    return unit;
}

DecodedEscape utf8(std::uint32_t point) noexcept {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
    const auto tail = [&](std::uint32_t shift) { return byte(0x80U | (point >> shift & 0x3FU)); };
    if (point < 0x80) return {{byte(point)}, 1};
    if (point < 0x800) return {{byte(0xC0U | point >> 6U), tail(0)}, 2};
    if (point < 0x10000) return {{byte(0xE0U | point >> 12U), tail(6), tail(0)}, 3};
    return {{byte(0xF0U | point >> 18U), tail(12), tail(6), tail(0)}, 4};
}

bool is_high(std::uint32_t unit) noexcept {
    return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(std::uint32_t unit) noexcept {
    return unit >= 0xDC00 && unit < 0xE000;
}

DecodedEscape take_unicode(std::string_view& rest) noexcept {
    const std::uint32_t unit = code_unit(rest);
    if (unit == k_not_hex) {
        rest.remove_prefix(2);
        return utf8(k_replacement);
    }
    rest.remove_prefix(6);
    if (is_high(unit)) {
        const std::uint32_t low = code_unit(rest);
        if (low == k_not_hex || !is_low(low)) return utf8(k_replacement);
        rest.remove_prefix(6);
        return utf8(0x10000U + ((unit - 0xD800U) << 10U) + (low - 0xDC00U));
    }
    return utf8(is_low(unit) ? k_replacement : unit);
}

}  // namespace

DecodedEscape take_escape(std::string_view& rest) noexcept {
    if (rest.size() < 2) {
        rest = {};
        return utf8(k_replacement);
    }
    const char c = rest[1];
    if (c == 'u') return take_unicode(rest);
    rest.remove_prefix(2);
    switch (c) {
        case 'n':
            return {{'\n'}, 1};
        case 't':
            return {{'\t'}, 1};
        case 'r':
            return {{'\r'}, 1};
        case 'b':
            return {{'\b'}, 1};
        case 'f':
            return {{'\f'}, 1};
        default:
            return {{c}, 1};
    }
}

void decode_string(std::string_view raw, std::size_t size_max, std::string& out) {
    out.clear();
    while (!raw.empty() && out.size() < size_max) {
        const std::size_t run = std::min(raw.find('\\'), raw.size());
        out.append(raw.substr(0, run));
        raw.remove_prefix(run);
        if (!raw.empty()) out.append(take_escape(raw).text());
    }
    if (out.size() > size_max) out.resize(size_max);
}

bool string_equals(std::string_view raw, std::string_view plain) noexcept {
    if (raw.find('\\') == std::string_view::npos) return raw == plain;
    while (!raw.empty()) {
        if (raw.front() != '\\') {
            if (plain.empty() || plain.front() != raw.front()) return false;
            raw.remove_prefix(1);
            plain.remove_prefix(1);
            continue;
        }
        const DecodedEscape escape = take_escape(raw);
        if (!plain.starts_with(escape.text())) return false;
        plain.remove_prefix(escape.size);
    }
    return plain.empty();
}

}  // namespace penstock::engine
