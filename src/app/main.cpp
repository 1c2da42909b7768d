// penstock: see `penstock --help`. Each subcommand is one file in commands/.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "commands/commands.h"
#include "penstock/base/near_miss.h"

namespace {

/// CLI11 would only say that some subcommand is needed.
bool is_unknown(const CLI::App& cli, std::string_view word) {
    if (word.starts_with('-')) return false;
    std::vector<std::string> names;
    for (const CLI::App* each : cli.get_subcommands({})) names.push_back(each->get_name());
    if (std::find(names.begin(), names.end(), word) != names.end()) return false;
    const std::vector<std::string_view> known{names.begin(), names.end()};
    const std::string meant{penstock::near_miss(word, known)};
    std::fprintf(stderr, "penstock: there is no command \"%s\"%s\n%s\n", std::string{word}.c_str(),
                 meant.empty() ? "" : ("; did you mean \"" + meant + "\"?").c_str(),
                 "Run penstock --help for those there are.");
    return true;
}

/// `help run` is `run --help`. In the order that CLI11 takes them from: the last first.
std::vector<std::string> words_of(int argc, char** argv) {
    std::vector<std::string> words{argv + std::min(argc, 1), argv + argc};
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    std::reverse(words.begin(), words.end());
    return words;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App cli{"Penstock, an inference proxy: one address before several vLLM or SGLang servers.",
                 "penstock"};
    cli.require_subcommand(1);
    cli.footer(
        "Exit status: 0 done, 1 it did not work, 2 wrong usage.\n"
        "First steps: `penstock demo`, then conf/penstock.toml; every option is in "
        "conf/REFERENCE.md.");
    penstock::app::Action action;
    penstock::app::add_run(cli, action);
    penstock::app::add_check(cli, action);
    penstock::app::add_config(cli, action);
    penstock::app::add_demo(cli, action);
    penstock::app::add_engine(cli, action);
    penstock::app::add_explain(cli, action);
    penstock::app::add_health(cli, action);
    penstock::app::add_simulate(cli, action);
    penstock::app::add_version(cli, action);
    std::vector<std::string> words = words_of(argc, argv);
    if (!words.empty() && is_unknown(cli, words.back())) return penstock::app::k_usage;
    try {
        cli.parse(std::move(words));
        return action();
    } catch (const CLI::ParseError& error) {
        const int status = cli.exit(error);
        return status == 0 ? penstock::app::k_done : penstock::app::k_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "penstock: %s\n", error.what());
        return penstock::app::k_failed;
    }
}
