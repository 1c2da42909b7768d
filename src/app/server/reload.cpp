// A reload parses and validates off the workers, then publishes. What cannot be applied changes
// nothing.
#include <algorithm>
#include <chrono>

#include "limits.h"
#include "sd_notify.h"
#include "server.h"

namespace penstock::app {

namespace {

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

}  // namespace

void ProxyServer::reload(bool forced) {
    if (!source_.reload || draining_) return;
    LoadedConfig loaded = source_.reload();
    const bool same = loaded.content_hash == source_.loaded.content_hash;
    if (!forced && (same || loaded.content_hash == refused_hash_)) return;
    sd_notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_micros());
    for (const std::string& path : needs_restart(source_.loaded.config, loaded.config)) {
        if (loaded.ok()) loaded.problems.push_back(restart_needed(loaded.config.file, path));
    }
    last_reload_good_ = loaded.ok();
    if (!loaded.ok()) {
        ++reloads_bad_;
        refused_hash_ = loaded.content_hash;
        for (const Problem& problem : loaded.problems) {
            log_.write(telemetry::LogLevel::error,
                       "the new configuration is refused, the old one stays",
                       {{"problem", to_text(problem)}});
        }
    } else {
        apply(std::move(loaded));
    }
    sd_notify("READY=1");
}

void ProxyServer::apply(LoadedConfig loaded) {
    ++reloads_good_;
    last_reload_unix_ = unix_seconds();
    refused_hash_.clear();
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
    adjust_listeners();
    log_.write(telemetry::LogLevel::info, "configuration reloaded",
               {{"generation", std::to_string(generation_number_)}});
}

// New addresses are bound before old ones are given up; those that stay keep their sockets.
void ProxyServer::adjust_listeners() {
    const std::vector<ListenerConfig>& wanted = source_.loaded.config.listeners;
    for (const ListenerConfig& listener : wanted) {
        if (listeners_.contains(listener.address)) continue;
        if (const Result<void> bound = listen(listener); !bound) {
            last_reload_good_ = false;
            log_.write(
                telemetry::LogLevel::error, "a new listener could not be opened",
                {{"address", listener.address}, {"why", std::string{bound.error().detail()}}});
            continue;
        }
        log_.write(telemetry::LogLevel::info, "listening",
                   {{"address", listeners_.at(listener.address).local_address}});
    }
    std::erase_if(listeners_, [&](const auto& entry) {
        const bool stays =
            std::any_of(wanted.begin(), wanted.end(),
                        [&](const ListenerConfig& each) { return each.address == entry.first; });
        if (!stays) {
            for (const auto& worker : workers_) worker->stop_listening(entry.first);
        }
        return !stays;
    });
}

}  // namespace penstock::app
