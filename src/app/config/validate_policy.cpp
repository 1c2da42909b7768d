// What the operator has ruled out.
#include "penstock/base/url.h"
#include "validate.h"

namespace penstock::app {

namespace {

void refuse_clear_text(const std::string& url, const std::string& path, Problems& problems) {
    const Result<Url> parsed = parse_url(url);
    if (!parsed.has_value() || parsed->https || !parsed->unix_path.empty()) return;
    problems.error(path,
                   "\"" + url +
                       "\" would send requests in clear text, which [policy] "
                       "require_backend_tls rules out",
                   "write https:// and see [pool.tls]");
}

// Events tell the tokens of prompts.
void refuse_clear_events(const std::string& endpoint, const std::string& path, Problems& problems) {
    if (!endpoint.starts_with("tcp:")) return;
    problems.error(path,
                   "\"" + endpoint +
                       "\" would bring prompts' tokens in clear text, which [policy] "
                       "require_backend_tls rules out",
                   "take it out, or use ipc:// on the engine's machine");
}

void refuse_clear_backend(const BackendConfig& backend, const std::string& path,
                          Problems& problems) {
    refuse_clear_text(backend.url, path + ".url", problems);
    refuse_clear_events(backend.kv_events, path + ".kv_events", problems);
    refuse_clear_events(backend.kv_replay, path + ".kv_replay", problems);
}

void refuse_blind_trust(const PoolConfig& pool, const std::string& path, Problems& problems) {
    if (!pool.tls.insecure) return;
    problems.error(
        path + ".tls.insecure",
        "would send requests to whoever answers, which [policy] require_backend_tls rules "
        "out",
        "name the backends' authority in ca_file instead");
}

}  // namespace

void validate_policy(const Config& config, Problems& problems) {
    if (!config.policy.require_backend_tls) return;
    for (std::size_t n = 0; n < config.pools.size(); ++n) {
        const PoolConfig& pool = config.pools[n];
        const std::string path = element("pool", n);
        for (std::size_t i = 0; i < pool.backends.size(); ++i) {
            refuse_clear_backend(pool.backends[i], path + "." + element("backends", i), problems);
        }
        refuse_clear_text(pool.discover, path + ".discover", problems);
        refuse_blind_trust(pool, path, problems);
    }
}

}  // namespace penstock::app
