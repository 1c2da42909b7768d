// Pools whose backends are found by a DNS name.
#include <algorithm>

#include "server.h"

namespace penstock::app {

void ProxyServer::watch_discovery() {
    std::map<std::string, std::unique_ptr<monitor::Discovery>> wanted;
    for (const PoolConfig& pool : source_.loaded.config.pools) {
        if (pool.discover.empty()) continue;
        // Another name or another interval is another discovery.
        const std::string key =
            pool.name + " " + pool.discover + " " + std::to_string(pool.discover_interval.count());
        if (auto kept = discoveries_.extract(key); !kept.empty()) {
            wanted.insert(std::move(kept));
            continue;
        }
        wanted[key] = std::make_unique<monitor::Discovery>(
            control_.context(), address_of(pool.discover).host, pool.discover_interval,
            discovery_hooks(pool.name));
    }
    discoveries_ = std::move(wanted);
}

monitor::DiscoveryHooks ProxyServer::discovery_hooks(const std::string& pool) {
    const auto changed = [this, pool](const std::vector<std::string>& addresses) {
        known_.discovered[pool] = addresses;
        log_.write(telemetry::LogLevel::info, "backends discovered",
                   {{"pool", pool}, {"count", std::uint64_t{addresses.size()}}});
        publish_generation();
    };
    return {.changed = changed,
            .answered = [this, pool] { discovery_answered(pool); },
            .failed = [this, pool](std::string_view why) { discovery_failed(pool, why); }};
}

void ProxyServer::discovery_answered(const std::string& pool) {
    Lookups& lookups = lookups_[pool];
    ++lookups.answered;
    if (lookups.error.empty()) return;
    lookups.error.clear();
    log_.write(telemetry::LogLevel::info, "discovery succeeds again", {{"pool", pool}});
}

void ProxyServer::discovery_failed(const std::string& pool, std::string_view why) {
    Lookups& lookups = lookups_[pool];
    ++lookups.failed;
    if (lookups.error == why) return;
    lookups.error = why;
    log_.write(telemetry::LogLevel::warning,
               lookups.answered > 0 ? "discovery failed, the last answer stays"
                                    : "discovery failed, no backend has been found yet",
               {{"pool", pool}, {"detail", lookups.error}});
}

void ProxyServer::append_discoveries(std::vector<telemetry::Sample>& out) const {
    constexpr std::string_view k_metric = "penstock_discovery_lookups_total";
    for (const auto& [pool, lookups] : lookups_) {
        out.push_back({k_metric,
                       {{"pool", pool}, {"result", "answered"}},
                       static_cast<double>(lookups.answered)});
        out.push_back({k_metric,
                       {{"pool", pool}, {"result", "failed"}},
                       static_cast<double>(lookups.failed)});
    }
}

// Addresses of one name say nothing about another, and its port is another's.
void ProxyServer::forget_other_names(const Config& wanted) {
    const std::vector<PoolConfig>& running = source_.loaded.config.pools;
    const auto is_other = [&](const auto& known) {
        const auto named = [&](const PoolConfig& pool) { return pool.name == known.first; };
        const auto before = std::find_if(running.begin(), running.end(), named);
        const auto now = std::find_if(wanted.pools.begin(), wanted.pools.end(), named);
        return before == running.end() || now == wanted.pools.end() ||
               before->discover != now->discover;
    };
    std::erase_if(known_.discovered, is_other);
    std::erase_if(lookups_, is_other);
}

}  // namespace penstock::app
