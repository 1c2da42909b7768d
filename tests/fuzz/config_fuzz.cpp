// Any bytes as a configuration, an environment and flags: they are taken or refused, every problem
// can be shown, and what is shown for programs is valid JSON.
//
// The input's lines that begin with `#env NAME=value` or `#set path=value` (comments to TOML) stand
// for the environment and for flags; all of it is the file. No file is named that could be read.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "penstock/app/load_config.h"
#include "penstock/base/assert.h"
#include "print_config.h"

namespace {

using namespace penstock;

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// "name=value" of each line that begins with `mark`.
Pairs pairs_of(std::string_view text, std::string_view mark) {
    Pairs pairs;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (!line.starts_with(mark)) continue;
        line.remove_prefix(mark.size());
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        pairs.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
    return pairs;
}

void check_problem(const app::Problem& problem) {
    PENSTOCK_ASSERT(!problem.message.empty());
    PENSTOCK_ASSERT(problem.line == 0 || problem.column > 0);
    PENSTOCK_ASSERT(!app::to_text(problem).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{data, data + size};
    // Reading what chance names ("/dev/…", a pipe) tests the machine, not the loader.
    if (text.find("_file") != std::string::npos) return 0;
    const Pairs environment = pairs_of(text, "#env ");
    const Pairs flags = pairs_of(text, "#set ");

    const app::LoadedConfig loaded = app::parse_config(text, "fuzz.toml", environment, flags);

    for (const app::Problem& problem : loaded.problems) check_problem(problem);
    static_cast<void>(app::config_text(loaded));
    PENSTOCK_ASSERT(nlohmann::json::accept(app::config_json(loaded)));
    PENSTOCK_ASSERT(nlohmann::json::accept(app::problems_json(loaded)));
    PENSTOCK_ASSERT(app::needs_restart(loaded.config, loaded.config).empty());
    if (loaded.ok()) {
        PENSTOCK_ASSERT(!loaded.config.listeners.empty() && !loaded.config.pools.empty());
        const app::LoadedConfig again = app::parse_config(text, "fuzz.toml", environment, flags);
        PENSTOCK_ASSERT(again.content_hash == loaded.content_hash);
        PENSTOCK_ASSERT(app::config_json(again) == app::config_json(loaded));
    }
    return 0;
}
