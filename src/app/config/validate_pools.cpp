#include <algorithm>
#include <cctype>
#include <map>

#include "penstock/base/url.h"
#include "validate.h"

namespace penstock::app {

namespace {

// Slots of backends are limited (fleet::k_slots_max), and a reload that replaces all of them needs
// the old ones beside the new.
constexpr std::size_t k_all_backends_max = fleet::k_slots_max / 2;

/// The same engine written in two ways is one.
std::string normal_form(const std::string& text) {
    const Result<Url> url = parse_url(text);
    if (!url.has_value() || !url->unix_path.empty()) return text;
    std::string host = url->host;
    std::transform(host.begin(), host.end(), host.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return (url->https ? "https " : "http ") + host + " " + std::to_string(url->port) + " " +
           url->base_path;
}

void validate_backends(const PoolConfig& pool, const std::string& path, Problems& problems) {
    // A backend whose URL was wrong has been told already, and is empty here.
    std::map<std::string, std::string> taken;
    bool weighs = pool.backends.empty();
    for (std::size_t n = 0; n < pool.backends.size(); ++n) {
        const BackendConfig& backend = pool.backends[n];
        weighs = weighs || backend.weight > 0;
        if (backend.url.empty()) continue;
        const auto [found, fresh] = taken.emplace(normal_form(backend.url), backend.url);
        if (fresh) continue;
        problems.error(path + "." + element("backends", n) + ".url",
                       "\"" + backend.url + "\" stands in this pool twice");
    }
    if (!weighs && pool.discover.empty()) {
        problems.warning(path + ".backends", "every backend has weight 0: the pool takes nothing");
    }
}

void validate_ranks(const PoolConfig& pool, const std::string& path, Problems& problems) {
    if (pool.engine == fleet::Engine::vllm || pool.engine == fleet::Engine::sglang) return;
    for (std::size_t n = 0; n < pool.backends.size(); ++n) {
        if (pool.backends[n].ranks == 1) continue;
        problems.error(path + "." + element("backends", n) + ".ranks",
                       "of these engines no request can name its rank",
                       "\"ranks\" goes with engine = \"vllm\" or \"sglang\"");
    }
}

/// What `protocol` names goes with some URLs only.
void validate_protocol(const PoolConfig& pool, const std::string& path, Problems& problems) {
    const bool secret = pool.protocol == fleet::Protocol::h2;
    if (!secret && pool.protocol != fleet::Protocol::h2c) return;
    const auto check = [&](const std::string& url) {
        const Result<Url> parsed = parse_url(url);
        if (!parsed.has_value() || parsed->https == secret) return true;
        problems.error(
            path + ".protocol",
            secret ? "\"h2\" is HTTP/2 over TLS, and \"" + url + "\" is not https://"
                   : "\"h2c\" is HTTP/2 in clear text, and \"" + url + "\" is https://",
            secret ? "write \"h2c\" for HTTP/2 in clear text" : "write \"h2\" for HTTP/2 over TLS");
        return false;
    };
    if (!check(pool.discover)) return;
    for (const BackendConfig& backend : pool.backends) {
        if (!check(backend.url)) return;
    }
}

void validate_balance(const PoolConfig& pool, const std::string& path, Problems& problems) {
    if (pool.balance.shadow != pool.balance.policy) return;
    problems.error(path + ".balance.shadow",
                   "\"shadow\" is the policy that decides: there would be nothing to compare",
                   "name another policy, or \"none\"");
}

void validate_events(const PoolConfig& pool, const std::string& path, Problems& problems) {
    const bool tells = pool.engine == fleet::Engine::vllm || pool.engine == fleet::Engine::sglang;
    for (std::size_t n = 0; n < pool.backends.size(); ++n) {
        const BackendConfig& backend = pool.backends[n];
        const std::string at = path + "." + element("backends", n);
        const bool events = !backend.kv_events.empty();
        if (!events && !backend.kv_replay.empty() && !problems.told(at + ".kv_events")) {
            problems.error(at + ".kv_replay", "\"kv_replay\" needs \"kv_events\"");
        }
        if (events && !tells) {
            problems.warning(at + ".kv_events",
                             "only vllm and sglang are known to publish KV-cache events");
        }
        if (backend.kv_ranks > 1 && backend.kv_events.starts_with("ipc:")) {
            problems.error(at + ".kv_ranks", "ranks are told apart by their ports, and \"" +
                                                 backend.kv_events + "\" has none");
        }
    }
}

void validate_engine(const PoolConfig& pool, const std::string& path, Problems& problems) {
    const bool named = pool.poll.names != engine::CustomNames{};
    const bool custom = pool.engine == fleet::Engine::custom;
    if (named && !custom) {
        problems.warning(path + ".poll.names",
                         "[pool.poll.names] is read with engine = \"custom\" only");
    }
    if (custom && !named && pool.poll.enabled && !problems.places.contains(path + ".poll.names")) {
        problems.warning(path + ".engine",
                         "no metric of a \"custom\" engine is known: load is only what this proxy "
                         "sends",
                         "name its metrics in [pool.poll.names]");
    }
    if (pool.replace_authorization && pool.api_key_file.empty()) {
        problems.error(path + ".replace_authorization",
                       "\"replace_authorization\" needs \"api_key_file\": there is no key to send");
    }
}

}  // namespace

void validate_pools(const Config& config, Problems& problems) {
    if (config.pools.empty() && !problems.broken.contains("pool")) {
        problems.error("", "there is no [[pool]]: no request could be served",
                       "add [[pool]] with name and backends = [{ url = \"http://host:port\" }]");
    }
    std::map<std::string, std::size_t> taken;
    std::size_t backends = 0;
    for (std::size_t n = 0; n < config.pools.size(); ++n) {
        const PoolConfig& pool = config.pools[n];
        const std::string path = element("pool", n);
        for (const BackendConfig& backend : pool.backends) backends += backend.ranks;
        if (!pool.name.empty() && !taken.emplace(pool.name, n).second) {
            problems.error(path + ".name", "there is another pool named \"" + pool.name + "\"");
        }
        const bool discovers = !pool.discover.empty() || problems.told(path + ".discover");
        if (pool.backends.empty() && !discovers && !problems.broken.contains(path + ".backends")) {
            problems.error(path + ".backends", "the pool has neither \"backends\" nor \"discover\"",
                           "add backends = [{ url = \"http://host:port\" }]");
        }
        validate_backends(pool, path, problems);
        validate_ranks(pool, path, problems);
        validate_protocol(pool, path, problems);
        validate_balance(pool, path, problems);
        validate_events(pool, path, problems);
        validate_engine(pool, path, problems);
    }
    if (backends > k_all_backends_max) {
        problems.error("pool", std::to_string(backends) + " backends in all; at most " +
                                   std::to_string(k_all_backends_max) + " are possible");
    }
}

}  // namespace penstock::app
