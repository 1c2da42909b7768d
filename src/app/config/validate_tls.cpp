// The TLS of listeners: its files are read here once, checked, and handed on with the
// configuration.
#include "file_reader.h"
#include "validate.h"

namespace penstock::app {

namespace {

std::string option_of(const net::TlsProblem& problem, const std::string& path) {
    using Where = net::TlsProblem::Where;
    if (problem.where == Where::ca) return path + ".client_ca";
    const std::string entry = path + "." + element("certificates", problem.index);
    return entry + (problem.where == Where::key ? ".key" : ".cert");
}

/// False: there is something wrong with what belongs together.
bool check_combination(const ListenerTlsConfig& tls, const std::string& path, Problems& problems) {
    if (tls.certificates.empty()) {
        if (!problems.broken.contains(path + ".certificates")) {
            problems.error(path, "[listener.tls] names no certificate",
                           "add certificates = [{ cert = \"site.crt\", key = \"site.key\" }], or "
                           "take the table out for plain text");
        }
        return false;
    }
    const bool asked = tls.client_certificate != ClientCertificate::off;
    if (asked && tls.client_ca.empty()) {
        problems.error(path + ".client_certificate",
                       "client certificates cannot be verified without \"client_ca\"",
                       "name a file with the authorities that sign them");
        return false;
    }
    if (!asked && !(tls.client_ca.empty() && tls.client_names.empty())) {
        problems.error(path + (tls.client_ca.empty() ? ".client_names" : ".client_ca"),
                       "clients are not asked for certificates",
                       "set client_certificate = \"required\"");
        return false;
    }
    return true;
}

/// By preference. HTTP/1.0 is spoken where HTTP/1.1 is.
std::vector<std::string> protocols_of(const Config& config, const ListenerConfig& listener) {
    if (listener.protocol == ListenerProtocol::h2) return {"h2"};
    const bool both =
        listener.protocol == ListenerProtocol::automatic && config.server.http2.enabled;
    if (both) return {"h2", "http/1.1", "http/1.0"};
    return {"http/1.1", "http/1.0"};
}

bool is_given(const std::string& path, const Problems& problems) {
    const auto next = problems.places.lower_bound(path);
    return next != problems.places.end() && next->first.starts_with(path);
}

std::optional<net::ServerTlsOptions> options_of(const Config& config, std::size_t n,
                                                Problems& problems, std::string& files) {
    const ListenerTlsConfig& tls = config.listeners[n].tls;
    const std::string path = element("listener", n) + ".tls";
    if (!is_given(path, problems) && tls == ListenerTlsConfig{}) return std::nullopt;
    if (!check_combination(tls, path, problems)) return std::nullopt;
    net::ServerTlsOptions options{.certificates = {},
                                  .min_version = tls.min_version,
                                  .client_certificate = tls.client_certificate,
                                  .client_ca = {},
                                  .client_names = tls.client_names,
                                  .alpn = protocols_of(config, config.listeners[n])};
    FileReader reader{problems, files};
    for (std::size_t i = 0; i < tls.certificates.size(); ++i) {
        const std::string entry = path + "." + element("certificates", i);
        const CertificateConfig& pair = tls.certificates[i];
        if (pair.cert.empty() || pair.key.empty()) return std::nullopt;  // told already
        net::TlsFile certificate = reader.read(pair.cert, entry + ".cert");
        net::TlsFile key = reader.read(pair.key, entry + ".key");
        options.certificates.push_back({std::move(certificate), std::move(key)});
    }
    options.client_ca = reader.read(tls.client_ca, path + ".client_ca");
    if (!reader.good()) return std::nullopt;
    return options;
}

}  // namespace

std::map<std::string, net::ServerTlsOptions> validate_tls(const Config& config, Problems& problems,
                                                          std::string& files) {
    std::map<std::string, net::ServerTlsOptions> all;
    for (std::size_t n = 0; n < config.listeners.size(); ++n) {
        std::optional<net::ServerTlsOptions> options = options_of(config, n, problems, files);
        if (!options) continue;
        const net::ServerTls::Loaded loaded =
            net::ServerTls::load(*options, net::make_tls_ticket_keys());
        for (const net::TlsProblem& problem : loaded.problems) {
            const std::string option = option_of(problem, element("listener", n) + ".tls");
            if (problem.warning) {
                problems.warning(option, problem.message);
            } else {
                problems.error(option, problem.message);
            }
        }
        if (loaded.tls) all.emplace(config.listeners[n].address, std::move(*options));
    }
    return all;
}

}  // namespace penstock::app
