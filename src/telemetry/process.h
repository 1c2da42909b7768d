// The process_* metrics, from /proc. Thread: the scraping one.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "penstock/telemetry/metrics.h"

namespace penstock::telemetry {

/// What /proc/self/stat tells, in its own units (proc(5)).
struct ProcessStat {
    double cpu_ticks = 0;  // user and system
    double threads = 0;
    double start_ticks = 0;  // since boot
    double resident_pages = 0;
    friend bool operator==(const ProcessStat&, const ProcessStat&) = default;
};
/// Nothing when the line is not one. The command in it may hold blanks and parentheses. Pure.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view line);

/// What cannot be read is left out.
void append_process_samples(std::vector<Sample>& samples);

}  // namespace penstock::telemetry
