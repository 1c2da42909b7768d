// The subcommands of `penstock`. Each adds itself to the command line and returns the exit status:
// 0 done, 1 it did not work (a bad config, a port in use), 2 wrong usage.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "penstock/base/error.h"

namespace penstock::app {

/// What to run once the command line is read.
using Action = std::function<int()>;

void add_run(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_config(CLI::App& app, Action& action);
void add_demo(CLI::App& app, Action& action);
void add_engine(CLI::App& app, Action& action);
void add_explain(CLI::App& app, Action& action);
void add_health(CLI::App& app, Action& action);
void add_simulate(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);

/// "penstock 0.1.0 (…)".
[[nodiscard]] std::string version_text();

/// `--set server.workers=2`, as pairs. Throws CLI::ValidationError without "=".
[[nodiscard]] std::vector<std::pair<std::string, std::string>> flag_pairs(
    const std::vector<std::string>& sets);
/// PENSTOCK_… of this process.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> penstock_environment();

/// Whether `path` can be written to, asked before there is something to write; it is created if it
/// is not there. Errors: io_failed with a sentence.
[[nodiscard]] Result<void> check_writable(const std::string& path);

inline constexpr int k_done = 0;
inline constexpr int k_failed = 1;
inline constexpr int k_usage = 2;

/// A check of an option: a number within these bounds, told as they are written here.
[[nodiscard]] CLI::Validator between(double least, double most);

/// Says on stderr what did not work; the exit status for it.
int fail(std::string_view what);

}  // namespace penstock::app
