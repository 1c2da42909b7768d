#include "request_id.h"

#include <algorithm>
#include <array>

#include "penstock/base/number_text.h"

namespace penstock::proxy {

namespace {

void append_hex(std::string& out, std::uint64_t bits, std::size_t digits) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::array<char, 16> text;
    for (std::size_t i = 0; i < digits; ++i)
        text[i] = k_digits[bits >> (4 * (digits - 1 - i)) & 15U];
    out.append(text.data(), digits);
}

constexpr bool fit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

}  // namespace

bool valid_request_id(std::string_view id) noexcept {
    constexpr std::size_t k_longest = 128;
    return !id.empty() && id.size() <= k_longest && std::all_of(id.begin(), id.end(), fit);
}

std::string make_request_id(Rng& rng) {
    std::string id;
    id.reserve(28);
    id += "req-";
    append_hex(id, rng.next(), 16);
    append_hex(id, rng.next(), 8);
    return id;
}

void set_upstream_request_id(std::string& out, std::string_view id, unsigned attempt, Rng& rng) {
    out.assign(id).append("-");
    append_number(out, attempt);
    out.append("-");
    append_hex(out, rng.next(), 16);
}

}  // namespace penstock::proxy
