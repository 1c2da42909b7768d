#include "request_id.h"

#include <algorithm>

namespace penstock::proxy {

namespace {

void append_hex(std::string& out, std::uint64_t bits, int digits) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    for (int i = digits - 1; i >= 0; --i) out += k_digits[bits >> (4 * i) & 15U];
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
    out.assign(id).append("-").append(std::to_string(attempt)).append("-");
    append_hex(out, rng.next(), 16);
}

}  // namespace penstock::proxy
