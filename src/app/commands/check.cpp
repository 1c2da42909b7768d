#include <cstdio>

#include "../config/print_config.h"
#include "commands.h"
#include "run_server.h"

namespace penstock::app {

namespace {

struct CheckOptions {
    std::string file;
    std::vector<std::string> sets;
    bool json = false;
};

LoadedConfig load(const CheckOptions& options) {
    return load_config(options.file, penstock_environment(), flag_pairs(options.sets));
}

std::string counted(std::size_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

int check(const CheckOptions& options) {
    const LoadedConfig loaded = load(options);
    if (options.json) {
        std::printf("%s\n", problems_json(loaded).c_str());
    } else if (print_problems(loaded)) {
        const Config& config = loaded.config;
        std::printf("%s: good: %s, %s, %s\n", options.file.c_str(),
                    counted(config.listeners.size(), "listener").c_str(),
                    counted(config.pools.size(), "pool").c_str(),
                    counted(config.routes.size(), "route").c_str());
    }
    return loaded.ok() ? k_done : k_failed;
}

int show(const CheckOptions& options) {
    const LoadedConfig loaded = load(options);
    if (options.json && !loaded.ok()) {
        std::printf("%s\n", problems_json(loaded).c_str());
        return k_failed;
    }
    if (!print_problems(loaded)) return k_failed;
    std::printf("%s\n", (options.json ? config_json(loaded) : config_text(loaded)).c_str());
    return k_done;
}

struct Command {
    const char* name;
    const char* what;
    int (*run)(const CheckOptions&);
};

void add(CLI::App& app, Action& action, const Command& added) {
    CLI::App* command = app.add_subcommand(added.name, added.what);
    auto options = std::make_shared<CheckOptions>();
    command->add_option("-c,--config", options->file, "The configuration file (TOML).")->required();
    command->add_option("--set", options->sets,
                        "Set one option, as `penstock run` would: --set server.workers=2.");
    command->add_flag("--json", options->json, "Answer in JSON.");
    command->callback(
        [options, run = added.run, &action] { action = [options, run] { return run(*options); }; });
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
    add(app, action,
        {"check", "Validate a configuration: every error at once; exit status 1 when there is one.",
         check});
}

void add_config(CLI::App& app, Action& action) {
    add(app, action,
        {"config", "Print the effective configuration, each value with its origin; secrets as ***.",
         show});
}

}  // namespace penstock::app
