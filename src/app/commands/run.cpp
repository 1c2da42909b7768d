#include "run_server.h"

#include "commands.h"

namespace penstock::app {

namespace {

struct RunOptions {
    std::string file;
    std::vector<std::string> sets;
};

int run(const RunOptions& options) {
    const auto flags = flag_pairs(options.sets);
    const auto load = [file = options.file, flags] {
        return load_config(file, penstock_environment(), flags);
    };
    ProxyServer::Source source{.loaded = load(), .reload = load};
    if (!print_problems(source.loaded)) return k_failed;
    return run_server(std::move(source));
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand("run", "Run the proxy.");
    auto options = std::make_shared<RunOptions>();
    command->add_option("-c,--config", options->file, "The configuration file (TOML).")->required();
    command->add_option("--set", options->sets,
                        "Set one option of " + settable_tables() + ": --set server.workers=2.");
    command->footer(
        "Serves until SIGTERM or SIGINT (a second one ends at once). Standard error has the log, "
        "and in it the addresses; standard output has the access lines alone.\n"
        "SIGHUP, or a change of the file, reloads the configuration; a bad file changes nothing.");
    command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace penstock::app
