// What an engine's response must be, whichever protocol it comes in: it is not trusted either.
// Pure; any thread.
#pragma once

#include "penstock/http/fields.h"
#include "penstock/http/request_rules.h"

namespace penstock::http {

inline constexpr HeadLimits k_response_limits{
    .head = 64 * 1024, .request_line = 8 * 1024, .fields = 200, .field = 32 * 1024, .name = 256};

/// A trailer field that may be passed on: none that frames, routes, authenticates or controls the
/// message (RFC 9110 6.5.1).
[[nodiscard]] bool fit_trailer(const Field& field) noexcept;

}  // namespace penstock::http
