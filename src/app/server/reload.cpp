// A reload parses and validates off the workers, then publishes. What cannot be applied changes
// nothing.
#include <algorithm>
#include <chrono>

#include "limits.h"
#include "sd_notify.h"
#include "server.h"

namespace penstock::app {

namespace {

constexpr std::size_t k_changed_told_max = 16;  // options of a reload, in its log line

/// "a, b and 3 more".
std::string listed(const std::vector<std::string>& words, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(words.size(), most); ++i) {
        text += (i == 0 ? "" : ", ") + words[i];
    }
    if (words.size() > most) text += " and " + std::to_string(words.size() - most) + " more";
    return text;
}

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string monotonic_micros() {
    return std::to_string(
        std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch())
            .count());
}

Problem restart_needed(const std::string& file, const std::string& path) {
    Problem problem;
    problem.file = file;
    problem.message = path + " cannot change while running";
    problem.hint = "restart penstock to change it";
    return problem;
}

Problem not_opened(const std::string& file, const Error& error) {
    Problem problem;
    problem.file = file;
    problem.message = "a new listener could not be opened: " + std::string{error.detail()};
    problem.hint = "free the address or name another one, then reload again (SIGHUP)";
    return problem;
}

}  // namespace

void ProxyServer::reload(bool forced) {
    if (!source_.reload || draining_) return;
    LoadedConfig loaded = source_.reload();
    // After a refusal the old content is news: the file is good again.
    const bool same = last_reload_good_ && loaded.content_hash == source_.loaded.content_hash;
    if (!forced && (same || loaded.content_hash == refused_hash_)) return;
    sd_notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_micros());
    for (const std::string& path : needs_restart(source_.loaded.config, loaded.config)) {
        if (loaded.ok()) loaded.problems.push_back(restart_needed(loaded.config.file, path));
    }
    if (!loaded.ok()) {
        ++reloads_bad_;
        refuse(loaded);
    } else if (Result<Listeners> opened = open_new(loaded.config); !opened) {
        ++reloads_unopened_;
        loaded.problems.push_back(not_opened(loaded.config.file, opened.error()));
        refuse(loaded);
    } else {
        apply(std::move(loaded), *opened);
    }
    sd_notify("READY=1");
}

void ProxyServer::refuse(const LoadedConfig& loaded) {
    last_reload_good_ = false;
    last_reload_ = {.ok = false, .at = unix_seconds(), .problem = {}};
    if (!loaded.problems.empty()) last_reload_->problem = loaded.problems.front().message;
    refused_hash_ = loaded.content_hash;
    for (const Problem& problem : loaded.problems) {
        log_.write(telemetry::LogLevel::error,
                   "the new configuration is refused, the old one stays",
                   {{"problem", to_text(problem)}});
    }
}

void ProxyServer::apply(LoadedConfig loaded, const Listeners& opened) {
    last_reload_good_ = true;
    ++reloads_good_;
    last_reload_unix_ = unix_seconds();
    last_reload_ = {.ok = true, .at = last_reload_unix_, .problem = {}};
    refused_hash_.clear();
    const std::string changed =
        listed(changed_options(source_.loaded.config, loaded.config), k_changed_told_max);
    forget_other_names(loaded.config);
    source_.loaded = std::move(loaded);
    const ServerConfig& server = source_.loaded.config.server;
    budget_.set_limit(server.buffer_budget.count > 0 ? server.buffer_budget.count
                                                     : default_buffer_budget());
    log_.configure(source_.loaded.config.log);
    load_backend_tls();
    watch_backend_tls();
    publish_generation();
    watch_discovery();
    load_tls();
    renew_offers();
    adjust_listeners(opened);
    tell(opened);
    log_.write(telemetry::LogLevel::info, "configuration reloaded",
               {{"generation", generation_number_}, {"changed", changed}});
}

}  // namespace penstock::app
