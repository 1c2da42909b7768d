// Options of `[log]`.
#pragma once

#include <cstdint>
#include <string>

namespace penstock::telemetry {

enum class LogFormat : std::uint8_t { json, logfmt };
enum class LogLevel : std::uint8_t { error, warning, info, debug };

struct LogOptions {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::json;
    bool access = true;    // one line per request
    bool explain = false;  // with the candidates of its pick
    std::string
        access_file;  // empty: standard output; else a file, opened for append, reopened on reload
};

}  // namespace penstock::telemetry
