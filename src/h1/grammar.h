// What both head parsers share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "penstock/base/trim.h"
#include "penstock/h1/parser.h"
#include "penstock/http/grammar.h"

namespace penstock::h1 {

/// Takes one line without its CRLF off `rest`. Nothing when the line does not end in CRLF, or holds
/// a bare CR or LF.
[[nodiscard]] std::optional<std::string_view> take_line(std::string_view& rest) noexcept;

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
