// A look at the admin listener's readiness, for HEALTHCHECK in images that have no curl.
#include <cstdio>

#include "ask_admin.h"
#include "commands.h"

namespace penstock::app {

namespace {

int look(const std::string& address) {
    const Result<control::Answer> answer =
        ask_admin(address, "", {.target = "/readyz", .fields = {}, .body = {}});
    if (!answer) return fail(answer.error().detail());
    const bool ready = answer->status == 200;
    std::printf("%s\n", ready ? "ready" : "not ready");
    return ready ? k_done : k_failed;
}

}  // namespace

void add_health(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand(
        "health", "Ask a running Penstock whether it is ready; exit status 1 if not.");
    auto address = std::make_shared<std::string>("127.0.0.1:9090");
    command->add_option("--admin", *address, "Its admin address: host:port or unix:/path.")
        ->capture_default_str();
    command->callback([address, &action] { action = [address] { return look(*address); }; });
}

}  // namespace penstock::app
