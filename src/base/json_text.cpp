#include "penstock/base/json_text.h"

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

constexpr bool plain(char c) noexcept {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
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
            out.append(text.substr(0, length));
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
