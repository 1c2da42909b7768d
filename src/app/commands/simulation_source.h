// The requests of `penstock simulate`: opened for a run, or written to a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "penstock/sim/request.h"
#include "simulation.h"

namespace penstock::app {

using Source = std::unique_ptr<sim::RequestSource>;

/// Of the trace or the workload. With `tell`, what is wrong with single lines goes to stderr.
/// Errors: invalid_value and io_failed, with a sentence.
[[nodiscard]] Result<Source> open_source(const Simulation& simulation, std::uint64_t seed,
                                         bool tell);

/// All requests of the first seed, as `sim::TraceWriter` writes them; tells how many. Errors: as
/// above, and io_failed for the file.
[[nodiscard]] Result<std::uint64_t> export_requests(const Simulation& simulation,
                                                    const std::string& path);

}  // namespace penstock::app
