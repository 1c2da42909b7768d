#include "json_members.h"

#include <charconv>
#include <cmath>

#include "penstock/base/json_text.h"
#include "penstock/base/number_text.h"

namespace penstock::proxy {

void append_key(std::string& out, std::string_view key) {
    out.append(",\"").append(key).append("\":");
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
    append_key(out, key);
    if (value.empty()) {
        out += "null";
    } else {
        append_json_string(out, value);
    }
}

void append_figure(std::string& out, std::string_view key, double value) {
    constexpr int k_digits = 6;
    append_key(out, key);
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    char digits[32];
    const double shown = value + 0.0;  // -0 becomes 0
    const auto end =
        std::to_chars(digits, digits + sizeof digits, shown, std::chars_format::general, k_digits);
    out.append(digits, end.ptr);
}

void append_count(std::string& out, std::string_view key, std::uint64_t value) {
    append_key(out, key);
    append_number(out, value);
}

void append_flag(std::string& out, std::string_view key, bool value) {
    append_key(out, key);
    out += value ? "true" : "false";
}

void close_object(std::string& out, std::size_t begin) {
    out[begin] = '{';
    out += '}';
}

}  // namespace penstock::proxy
