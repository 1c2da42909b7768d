#include <cstdio>

#include <boost/version.hpp>

#include "commands.h"
#include "version.h"

namespace penstock::app {

void add_version(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand("version", "Print the version.");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "Answer in JSON.");
    command->callback([json, &action] {
        action = [json] {
            std::printf(*json ? "{\"version\":\"%s\",\"boost\":\"%s\",\"compiler\":\"%s\"}\n"
                              : "penstock %s (Boost %s, gcc %s)\n",
                        PENSTOCK_VERSION, BOOST_LIB_VERSION, __VERSION__);
            return k_done;
        };
    });
}

}  // namespace penstock::app
