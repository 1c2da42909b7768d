// The bytes of a request. Pure.
#pragma once

#include <string>

#include "penstock/base/error.h"
#include "penstock/control/client.h"

namespace penstock::control {

/// Head and body as they go out. Errors: invalid_value when the target or a field holds a byte that
/// would end it early (space, control characters), so that nothing from outside becomes a header.
[[nodiscard]] Result<std::string> request_text(const Endpoint& endpoint, const Ask& ask);

}  // namespace penstock::control
