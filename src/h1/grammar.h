// Character classes of RFC 9110 and 9112, and what both head parsers share.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "penstock/base/trim.h"
#include "penstock/h1/parser.h"

namespace penstock::h1 {

enum CharClass : std::uint8_t {
    k_token_char = 1,   // RFC 9110 5.6.2
    k_target_char = 2,  // visible ASCII without # " < > \ ^ ` { | }
    k_value_char = 4,   // HTAB, SP, visible ASCII, obs-text
    k_host_char = 8,    // uri-host and port: no blanks, userinfo, path or quotes
};

[[nodiscard]] bool all_of_class(std::string_view text, CharClass wanted) noexcept;

/// Takes one line without its CRLF off `rest`. Nothing when the line does not end in CRLF, or holds
/// a bare CR or LF.
[[nodiscard]] std::optional<std::string_view> take_line(std::string_view& rest) noexcept;

/// Digits only, at most 18 of them: any longer length is no length (RFC 9110 8.6).
[[nodiscard]] std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;

/// Facts of the fields that frame a message.
struct FramingFields {
    std::uint32_t lengths = 0;
    std::uint32_t encodings = 0;
    std::optional<std::uint64_t> length;
    std::string_view encoding;
    std::uint32_t hosts = 0;
    std::string_view host;
    bool close = false;
    bool keep_alive = false;
    std::uint32_t expectations = 0;
    std::string_view expect;
};

/// Reads the field lines, up to and with the empty one. Content-Length, Transfer-Encoding, Host and
/// Expect go to `framing`, the rest to `fields`. Errors: bad_request, head_too_large.
[[nodiscard]] Result<void> parse_fields(std::string_view lines, const HeadLimits& limits,
                                        http::Fields& fields, FramingFields& framing);

}  // namespace penstock::h1
