// A loaded configuration for people and programs. Thread: any.
#pragma once

#include <string>

#include "penstock/app/load_config.h"

namespace penstock::app {

/// One line per option, `path = value  # origin`, aligned; without a final newline.
[[nodiscard]] std::string config_text(const LoadedConfig& loaded);

/// {"file":…,"content_hash":…,"options":{"server.workers":{"value":2,"origin":"penstock.toml:3"},…}}
[[nodiscard]] std::string config_json(const LoadedConfig& loaded);

/// {"ok":false,"problems":[{"severity":…,"file":…,"line":…,"column":…,"message":…,"hint":…,
/// "source_line":…},…]}
[[nodiscard]] std::string problems_json(const LoadedConfig& loaded);

}  // namespace penstock::app
