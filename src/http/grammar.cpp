#include "penstock/http/grammar.h"

#include <algorithm>
#include <array>

namespace penstock::http {

namespace {

constexpr std::uint8_t class_of(unsigned c) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const auto one_of = [c](std::string_view set) {
        return c < 128 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    std::uint8_t classes = 0;
    if (alphanumeric || one_of("!#$%&'*+-.^_`|~")) classes |= k_token_char;
    if (c > 0x20 && c < 0x7F && !one_of("#\"<>\\^`{|}")) classes |= k_target_char;
    if (c == '\t' || (c >= 0x20 && c != 0x7F)) classes |= k_value_char;
    if (alphanumeric || one_of("-._~%!$&'()*+;=:[]")) classes |= k_host_char;
    if (c != 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n') classes |= k_word_char;
    return classes;
}

constexpr std::array<std::uint8_t, 256> k_classes = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0; c < 256; ++c) table[c] = class_of(c);
    return table;
}();

}  // namespace

bool all_of_class(std::string_view text, CharClass wanted) noexcept {
    return std::all_of(text.begin(), text.end(), [wanted](char c) {
        return (k_classes[static_cast<unsigned char>(c)] & wanted) != 0;
    });
}

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    constexpr std::size_t k_digits_max = 18;  // below 2^63 whatever they are
    if (text.empty() || text.size() > k_digits_max) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

}  // namespace penstock::http
