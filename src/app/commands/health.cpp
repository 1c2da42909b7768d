// A look at the admin listener's readiness, for HEALTHCHECK in images that have no curl.
#include <algorithm>
#include <cstdio>

#include "ask_admin.h"
#include "commands.h"

namespace penstock::app {

namespace {

constexpr std::size_t k_shown_max = 100;  // bytes

struct HealthOptions {
    std::string address = "127.0.0.1:9090";
    bool live = false;
};

/// As much of an unexpected page as a terminal may be shown.
std::string shown(std::string_view page) {
    std::string text{page.substr(0, std::min(page.find('\n'), k_shown_max))};
    for (char& c : text) {
        if (c < ' ' || c > '~') c = '?';
    }
    return text;
}

int look(const HealthOptions& options) {
    const std::string page = options.live ? "/livez" : "/readyz";
    const Result<control::Answer> answer =
        ask_admin(options.address, "", {.target = page, .fields = {}, .body = {}});
    if (!answer) return fail(answer.error().detail());
    const std::string told = shown(answer->body);
    if (answer->status == 200 && told == (options.live ? "ok" : "ready")) {
        std::printf("%s\n", options.live ? "alive" : "ready");
        return k_done;
    }
    if (answer->status == 503 && !options.live) {
        std::printf("not ready: %s\n", told.c_str());
        return k_failed;
    }
    return fail(options.address + " answers " + page + " with " + std::to_string(answer->status) +
                ": is this the address of [admin]?");
}

}  // namespace

void add_health(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand(
        "health", "Ask a running Penstock whether it is ready; exit status 1 if not.");
    auto options = std::make_shared<HealthOptions>();
    command->add_option("--admin", options->address, "Its admin address: host:port or unix:/path.")
        ->capture_default_str();
    command->add_flag(
        "--live", options->live,
        "Ask whether it runs, be there backends or not: for who would start it anew.");
    command->callback([options, &action] { action = [options] { return look(*options); }; });
}

}  // namespace penstock::app
