// A request's body in one piece, for handlers that have no use for a part of it.
#pragma once

#include <cstddef>
#include <string>

#include "penstock/base/error.h"
#include "penstock/base/task.h"
#include "penstock/http/stream.h"

namespace penstock::http {

/// Errors: body_too_large beyond `max` bytes, and whatever reading fails with. `stream` outlives
/// the task.
[[nodiscard]] Task<Result<std::string>> read_whole(ServerStream& stream, std::size_t max);

}  // namespace penstock::http
