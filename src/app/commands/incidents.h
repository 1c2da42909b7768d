// What `penstock simulate` is told to happen to engines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/sim/fleet_run.h"

namespace penstock::app {

/// `fails`: AT:ENGINE[:SECONDS], down at this second of the run, for so long or for good. `slows`:
/// AT:ENGINE:FACTOR[:SECONDS], steps take so many times as long. Engines count from 0 to below
/// `engines`. Errors: invalid_value, with a sentence that names the text.
[[nodiscard]] Result<std::vector<sim::Incident>> parse_incidents(
    const std::vector<std::string>& fails, const std::vector<std::string>& slows,
    std::uint32_t engines);

}  // namespace penstock::app
