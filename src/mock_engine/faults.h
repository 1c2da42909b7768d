// Faults as JSON: what POST /mock/faults takes and GET /mock/faults gives. Pure.
#pragma once

#include <string>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/mock_engine/mock_engine.h"

namespace penstock::mock_engine {

/// An object with any of `Faults`' fields, durations in milliseconds; what is not named is off.
/// Errors: bad_request, for unknown names and wrong types too.
[[nodiscard]] Result<Faults> read_faults(std::string_view json);

[[nodiscard]] std::string to_json(const Faults& faults);

}  // namespace penstock::mock_engine
