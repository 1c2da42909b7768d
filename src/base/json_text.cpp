#include "penstock/base/json_text.h"

#include <array>
#include <cstdint>

#include "penstock/base/utf8.h"

namespace penstock {

namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

void append_escaped(std::string& out, char c) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += k_digits[static_cast<std::uint8_t>(c) >> 4U];
            out += k_digits[static_cast<std::uint8_t>(c) & 15U];
    }
}

/// Of several bytes, and not for a line of text: C1 controls (U+0080 to U+009F) steer terminals,
/// U+2028 and U+2029 end a line for some readers.
constexpr bool is_c1_control(std::string_view character) noexcept {
    return character.size() == 2 && character[0] == '\xC2' &&
           static_cast<std::uint8_t>(character[1]) < 0xA0;
}

void append_long(std::string& out, std::string_view character) {
    if (is_c1_control(character)) {
        append_escaped(out, character[1]);  // whose low byte is the code point
    } else if (character == "\xE2\x80\xA8") {
        out += "\\u2028";
    } else if (character == "\xE2\x80\xA9") {
        out += "\\u2029";
    } else {
        out.append(character);
    }
}

constexpr std::array<bool, 256> k_plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x20; byte < 0x7F; ++byte) table[byte] = byte != '"' && byte != '\\';
    return table;
}();

constexpr bool plain(char c) noexcept {
    return k_plain[static_cast<std::uint8_t>(c)];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && plain(text[run])) ++run;
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) break;
        const std::size_t length = utf8_length(text);
        if (length > 1) {
            append_long(out, text.substr(0, length));
        } else if (length == 1) {
            append_escaped(out, text.front());
        } else {
            out.append(k_replacement);
        }
        text.remove_prefix(length > 0 ? length : 1);
    }
    out += '"';
}

std::string json_string(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    append_json_string(out, text);
    return out;
}

}  // namespace penstock
