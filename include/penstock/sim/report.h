// A simulation's outcome for people and programs: a table, JSON, one HTML page. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "penstock/sim/figures.h"

namespace penstock::sim {

struct RouterOutcome {
    std::string name;
    Runs runs;
};

struct Report {
    std::vector<std::pair<std::string, std::string>> setting;  // what was simulated, in words
    std::vector<RouterOutcome> routers;  // the first is what the others are compared with
};

/// How a report came to be; each may be empty.
struct Provenance {
    std::string version = {};
    std::string date = {};
    std::string command = {};
};

/// The setting, and `figures_text`.
[[nodiscard]] std::string table_text(const Report& report);
/// A line for each router; with several seeds also the differences to the first one that are
/// beyond chance.
[[nodiscard]] std::string figures_text(const Report& report);
[[nodiscard]] std::string report_json(const Report& report);
/// One file that loads nothing from elsewhere.
[[nodiscard]] std::string report_html(const Report& report, const Provenance& made = {});

}  // namespace penstock::sim
