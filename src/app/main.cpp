// penstock: see `penstock --help`. Each subcommand is one file in commands/.
#include <cstdio>
#include <exception>

#include "commands/commands.h"

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
    try {
        cli.parse(argc, argv);
        return action();
    } catch (const CLI::ParseError& error) {
        const int status = cli.exit(error);
        return status == 0 ? penstock::app::k_done : penstock::app::k_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "penstock: %s\n", error.what());
        return penstock::app::k_failed;
    }
}
