#include <cstdio>

#include <boost/version.hpp>

#include "commands.h"
#include "version.h"

namespace penstock::app {

std::string version_text() {
    return std::string{"penstock "} + PENSTOCK_VERSION + " (Boost " + BOOST_LIB_VERSION + ", gcc " +
           __VERSION__ + ")";
}

void add_version(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand("version", "Print the version.");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "Answer in JSON.");
    command->callback([json, &action] {
        action = [json] {
            if (*json) {
                std::printf("{\"version\":\"%s\",\"boost\":\"%s\",\"compiler\":\"%s\"}\n",
                            PENSTOCK_VERSION, BOOST_LIB_VERSION, __VERSION__);
            } else {
                std::printf("%s\n", version_text().c_str());
            }
            return k_done;
        };
    });
    app.set_version_flag("--version", version_text(), "Print the version.");
}

}  // namespace penstock::app
