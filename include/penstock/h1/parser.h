// Strict, incremental parsers of HTTP/1.1 heads. No I/O: bytes in, a head or an error out.
//
// The rules are those of RFC 9112 with every ambiguity refused (a proxy that repairs is a proxy
// that smuggles). The same bytes get the same verdict however they are split. Thread: any (no
// shared state).
#pragma once

#include <cstddef>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/http/head.h"
#include "penstock/http/request_rules.h"
#include "penstock/http/response_rules.h"

namespace penstock::h1 {

using http::HeadLimits;
using http::k_response_limits;

/// Finds the end of a head in `bytes` (which start at the head's first byte, after any tolerated
/// empty lines). `searched`: how many bytes earlier calls have seen; updated. Returns the length
/// with the empty line, or 0 while incomplete. Both parsers below use it: a head is parsed once,
/// when it is whole.
[[nodiscard]] std::size_t find_head_end(std::string_view bytes, std::size_t& searched) noexcept;

/// Parses a whole request head, its empty line included, into `head`, whose memory is used again
/// and whose content counts only on success. Errors: bad_request, request_line_too_long,
/// head_too_large, unsupported_version, unsupported_method, unsupported_transfer_encoding,
/// expectation_failed.
[[nodiscard]] Result<void> parse_request(std::string_view text, const HeadLimits& limits,
                                         http::RequestHead& head);

/// What is wrong with an incomplete head already: its limits and its first line. `ok` when it may
/// go on. A verdict here is the verdict `parse_request` would give on the whole.
[[nodiscard]] Result<void> check_partial_request(std::string_view bytes, const HeadLimits& limits);

/// What the first line of a head says that was refused, or is not whole. Parts of `bytes`, and
/// empty where they are not as a request's must be.
struct RequestLine {
    std::string_view method;
    std::string_view path;  // without query
};
[[nodiscard]] RequestLine peek_request_line(std::string_view bytes) noexcept;

/// Parses a whole response head to a request of `method`. Errors: upstream_bad_response.
[[nodiscard]] Result<void> parse_response(std::string_view text, http::Method method,
                                          const HeadLimits& limits, http::ResponseHead& head);

}  // namespace penstock::h1
