// What a request's head must be, whichever protocol it came in: HTTP/2 must not bring in what
// HTTP/1.1 would refuse. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/http/head.h"

namespace penstock::http {

struct HeadLimits {
    std::size_t head = 32 * 1024;         // whole head, bytes
    std::size_t request_line = 8 * 1024;  // bytes
    std::size_t fields = 100;             // number
    std::size_t field = 16 * 1024;        // one field line, bytes
    std::size_t name = 256;               // one field name, bytes
};

/// Errors: bad_request (no token), unsupported_method.
[[nodiscard]] Result<Method> parse_method(std::string_view text);

/// RFC 9110 4.2.1 without userinfo: a host with an optional port of at most five digits.
[[nodiscard]] bool valid_authority(std::string_view text) noexcept;

/// NUL, CR or LF, percent-encoded: whoever decodes the path later may cut or split it there.
[[nodiscard]] bool hides_control(std::string_view path) noexcept;

}  // namespace penstock::http
