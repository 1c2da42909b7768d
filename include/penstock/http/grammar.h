// Character classes and numbers of RFC 9110 and 9112. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::http {

enum CharClass : std::uint8_t {
    k_token_char = 1,   // RFC 9110 5.6.2
    k_target_char = 2,  // visible ASCII without # " < > \ ^ ` { | }
    k_value_char = 4,   // HTAB, SP, visible ASCII, obs-text
    k_host_char = 8,    // uri-host and port: no blanks, userinfo, path or quotes
    k_word_char = 16,   // ends no word and no line: not SP, HTAB, CR, LF or NUL
};

[[nodiscard]] bool all_of_class(std::string_view text, CharClass wanted) noexcept;

/// Digits only, at most 18 of them: any longer length is no length (RFC 9110 8.6).
[[nodiscard]] std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;

}  // namespace penstock::http
