// The TLS of pools: its files are read here once, checked, and handed on with the configuration.
#include <algorithm>

#include "file_reader.h"
#include "penstock/base/url.h"
#include "validate.h"

namespace penstock::app {

namespace {

bool is_https(const std::string& url) {
    const Result<Url> parsed = parse_url(url);
    return parsed.has_value() && parsed->https;
}

std::string option_of(const net::TlsProblem& problem) {
    using Where = net::TlsProblem::Where;
    if (problem.where == Where::ca) return ".ca_file";
    return problem.where == Where::key ? ".key_file" : ".cert_file";
}

/// False: there is something wrong with what belongs together.
bool check_combination(const BackendTlsConfig& tls, const std::string& path, Problems& problems) {
    if (tls.cert_file.empty() != tls.key_file.empty()) {
        const bool key_lacks = tls.key_file.empty();
        problems.error(path + (key_lacks ? ".cert_file" : ".key_file"),
                       key_lacks ? "\"cert_file\" needs \"key_file\", its private key"
                                 : "\"key_file\" needs \"cert_file\", its certificate");
        return false;
    }
    if (tls.insecure && !(tls.ca_file.empty() && tls.names.empty())) {
        problems.error(path + ".insecure",
                       "with \"insecure\" nothing is verified: \"ca_file\" and \"names\" would not "
                       "count",
                       "take insecure out");
        return false;
    }
    return true;
}

void warn(const BackendTlsConfig& tls, bool used, const std::string& path, Problems& problems) {
    if (!used && tls != BackendTlsConfig{}) {
        problems.warning(path,
                         "no backend of this pool has an https:// URL: [pool.tls] does nothing");
    }
    if (used && tls.insecure) {
        problems.warning(path + ".insecure",
                         "whoever answers for this pool's backends is believed, and can read all "
                         "requests",
                         "name their authority in ca_file instead");
    }
}

std::vector<std::string> protocols_of(const PoolConfig& pool) {
    switch (pool.protocol) {
        case fleet::Protocol::automatic:
            return {"h2", "http/1.1"};
        case fleet::Protocol::http_1_1:
            return {"http/1.1"};
        case fleet::Protocol::h2c:  // refused with these URLs
        case fleet::Protocol::h2:
            break;
    }
    return {"h2"};
}

}  // namespace

bool uses_tls(const PoolConfig& pool) {
    return is_https(pool.discover) ||
           std::any_of(pool.backends.begin(), pool.backends.end(),
                       [](const BackendConfig& backend) { return is_https(backend.url); });
}

std::map<std::string, net::ClientTlsOptions> validate_backend_tls(const Config& config,
                                                                  Problems& problems,
                                                                  std::string& files) {
    std::map<std::string, net::ClientTlsOptions> all;
    for (std::size_t n = 0; n < config.pools.size(); ++n) {
        const PoolConfig& pool = config.pools[n];
        const std::string path = element("pool", n) + ".tls";
        const bool used = uses_tls(pool);
        warn(pool.tls, used, path, problems);
        if (!check_combination(pool.tls, path, problems)) continue;
        FileReader reader{problems, files};
        net::ClientTlsOptions options{.ca = reader.read(pool.tls.ca_file, path + ".ca_file"),
                                      .own = {reader.read(pool.tls.cert_file, path + ".cert_file"),
                                              reader.read(pool.tls.key_file, path + ".key_file")},
                                      .names = pool.tls.names,
                                      .insecure = pool.tls.insecure,
                                      .alpn = protocols_of(pool)};
        if (!reader.good() || !used) continue;
        const net::ClientTls::Loaded loaded = net::ClientTls::load(options);
        for (const net::TlsProblem& problem : loaded.problems) {
            const std::string option = path + option_of(problem);
            if (problem.warning) {
                problems.warning(option, problem.message);
            } else {
                problems.error(option, problem.message);
            }
        }
        if (loaded.tls) all.emplace(pool.name, std::move(options));
    }
    return all;
}

}  // namespace penstock::app
