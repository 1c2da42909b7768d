// From a file, the environment and flags to a `Config`, or to every problem at once. Pure but for
// reading files.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/app/config.h"
#include "penstock/net/tls.h"

namespace penstock::app {

enum class Severity : std::uint8_t { error, warning };

struct Problem {
    Severity severity = Severity::error;
    std::string file;        // or "environment", "flag"
    std::uint32_t line = 0;  // 1-based; 0: no place
    std::uint32_t column = 0;
    std::string message;      // what is wrong, and with what value; userinfo of URLs as stars
    std::string hint;         // "did you mean …?"; may be empty
    std::string source_line;  // the offending line's text, userinfo as stars too
};

/// `file:line:column: error: …`, the line, a caret, the hint. Several lines of text.
[[nodiscard]] std::string to_text(const Problem& problem);

/// Where an effective value came from.
struct Origin {
    std::string path;    // "server.workers", "pool[0].balance.policy"
    std::string value;   // as TOML; secrets as ***
    std::string origin;  // "default", "FILE:LINE", "environment NAME", "flag --NAME"
};

struct LoadedConfig {
    Config config;                  // meaningful only without errors
    std::vector<Problem> problems;  // in order of file and line; warnings among them
    std::vector<Origin> origins;    // every effective value
    std::string content_hash;       // of the file's bytes and of the files it names
    // What each listener's TLS is made of, by address; those in plain text are not there. The same
    // bytes that were checked.
    std::map<std::string, net::ServerTlsOptions> tls;
    // What TLS to each pool's backends is made of, by the pool's name; those without https:// URLs
    // are not there. The same bytes that were checked.
    std::map<std::string, net::ClientTlsOptions> backend_tls;
    [[nodiscard]] bool ok() const noexcept;
};

/// `environment`: NAME=value pairs that begin with PENSTOCK_. `flags`: path and value
/// ("server.workers", "2").
[[nodiscard]] LoadedConfig load_config(
    const std::string& file, const std::vector<std::pair<std::string, std::string>>& environment,
    const std::vector<std::pair<std::string, std::string>>& flags);

/// The same for text that is not in a file; `name` stands for the file in messages. Used by tests,
/// fuzzing and demo.
[[nodiscard]] LoadedConfig parse_config(
    std::string_view text, const std::string& name,
    const std::vector<std::pair<std::string, std::string>>& environment = {},
    const std::vector<std::pair<std::string, std::string>>& flags = {});

/// Options that differ between two configs and need a restart ("server.workers"), by path. Empty: a
/// reload will do.
[[nodiscard]] std::vector<std::string> needs_restart(const Config& running, const Config& wanted);

/// All options that differ, by path; tables that only one of the two has as "pool[2] (new)" or
/// "route[0] (gone)".
[[nodiscard]] std::vector<std::string> changed_options(const Config& running, const Config& wanted);

/// The tables that the environment and `--set` reach, as people may read them.
[[nodiscard]] std::string settable_tables();

/// conf/REFERENCE.md and conf/schema.json, from the option tables.
[[nodiscard]] std::string reference_document();
[[nodiscard]] std::string json_schema();

}  // namespace penstock::app
