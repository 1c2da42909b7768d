#include "validate.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "files.h"
#include "penstock/proxy/auth.h"
#include "text_formats.h"

namespace penstock::app {

namespace {

bool fixed_port(const std::string& address) {
    return !address.ends_with(":0");
}

std::string at_line(const Problems& problems, const std::string& path) {
    const auto found = problems.places.find(path);
    return found == problems.places.end() ? "" : " in line " + std::to_string(found->second.line);
}

void validate_server(const Config& config, Problems& problems) {
    const ServerConfig& server = config.server;
    const std::uint64_t budget = server.buffer_budget.count;
    if (budget > 0 && budget < server.max_body.count) {
        problems.error("server.buffer_budget",
                       "\"buffer_budget\" is smaller than \"max_body\": a body of that size could "
                       "never be read",
                       "raise buffer_budget or lower max_body");
    }
    const bool all = std::find(config.cors.allow_origins.begin(), config.cors.allow_origins.end(),
                               "*") != config.cors.allow_origins.end();
    if (all && config.cors.allow_origins.size() > 1) {
        problems.warning("cors.allow_origins", "\"*\" allows every origin; the others say nothing");
    }
}

void validate_keys(const Config& config, Problems& problems, std::string& files) {
    const std::string& path = config.auth.keys_file;
    if (path.empty()) return;
    const Result<std::string> bytes = read_small_file(path);
    if (!bytes.has_value()) {
        return problems.error("auth.keys_file", std::string{bytes.error().detail()});
    }
    files += *bytes;
    const auto keys = proxy::ApiKeys::parse(*bytes);
    if (!keys.has_value()) {
        return problems.error("auth.keys_file",
                              "\"" + path + "\", " + std::string{keys.error().detail()},
                              "printf %s KEY | sha256sum makes a line");
    }
    if (bytes->find_first_not_of(" \t\r\n") == std::string::npos) {
        problems.warning("auth.keys_file", "\"" + path + "\" holds no key: nobody is let in");
    }
}

void validate_access_file(const Config& config, Problems& problems) {
    const std::string& file = config.log.access_file;
    if (file.empty()) return;
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path{file}.parent_path();
    if (std::filesystem::is_directory(file, error)) {
        problems.error("log.access_file", "\"" + file + "\" is a directory");
    } else if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
        problems.error("log.access_file",
                       "there is no directory \"" + folder.string() + "\" to log into");
    }
}

void validate_protocols(const Config& config, Problems& problems) {
    for (std::size_t n = 0; n < config.listeners.size(); ++n) {
        if (config.listeners[n].protocol != ListenerProtocol::h2 || config.server.http2.enabled)
            continue;
        problems.error(element("listener", n) + ".protocol",
                       "this listener speaks HTTP/2 only, and \"server.http2.enabled\" is false",
                       "take one of the two out");
    }
}

/// Where others than this machine get in without a key.
void warn_of_openness(const Config& config, Problems& problems) {
    const AdminConfig& admin = config.admin;
    if (admin.enabled && !is_local(admin.address) && !problems.told("admin.address")) {
        problems.warning("admin.address",
                         "whoever reaches \"" + admin.address +
                             "\" may read the addresses of backends, the configuration and all "
                             "metrics",
                         "keep it on a closed network, or listen on 127.0.0.1");
    }
    if (!config.auth.keys_file.empty()) return;
    for (std::size_t n = 0; n < config.listeners.size(); ++n) {
        const std::string& address = config.listeners[n].address;
        const bool known =
            config.listeners[n].tls.client_certificate == ClientCertificate::required;
        if (known || is_local(address) || problems.told(element("listener", n) + ".address"))
            continue;
        problems.warning(element("listener", n) + ".address",
                         "whoever reaches \"" + address + "\" may use it without an API key",
                         "name a file of keys in [auth] keys_file, require client certificates, or "
                         "listen on 127.0.0.1");
    }
}

}  // namespace

std::string element(const char* list, std::size_t index) {
    return std::string{list} + "[" + std::to_string(index) + "]";
}

void validate_listeners(const Config& config, Problems& problems) {
    if (config.listeners.empty() && !problems.broken.contains("listener")) {
        problems.error("", "there is no [[listener]]: nobody could connect",
                       "add [[listener]] with address = \"127.0.0.1:8080\"");
    }
    std::map<std::string, std::string> taken;  // address to path
    for (std::size_t n = 0; n < config.listeners.size(); ++n) {
        const std::string& address = config.listeners[n].address;
        const std::string path = element("listener", n) + ".address";
        if (problems.told(path)) continue;
        const auto [found, fresh] = taken.emplace(address, path);
        if (fresh) continue;
        problems.error(path, "there is another listener on \"" + address + "\"" +
                                 at_line(problems, found->second));
    }
    validate_protocols(config, problems);
    const AdminConfig& admin = config.admin;
    if (admin.enabled && fixed_port(admin.address) && taken.contains(admin.address)) {
        problems.error("admin.address", "\"" + admin.address +
                                            "\" is the address of a [[listener]] too" +
                                            at_line(problems, taken[admin.address]));
    }
    warn_of_openness(config, problems);
}

void validate_files(const Config& config, Problems& problems, std::string& files) {
    validate_keys(config, problems, files);
    validate_access_file(config, problems);
    for (std::size_t n = 0; n < config.pools.size(); ++n) {
        const PoolConfig& pool = config.pools[n];
        const std::string path = element("pool", n) + ".api_key_file";
        if (pool.api_key_file.empty()) continue;
        const Result<std::string> bytes = read_small_file(pool.api_key_file);
        if (!bytes.has_value()) {
            problems.error(path, std::string{bytes.error().detail()});
            continue;
        }
        files += *bytes;
        const std::size_t end = bytes->find_last_not_of(" \t\r\n");
        const std::string key = end == std::string::npos ? "" : bytes->substr(0, end + 1);
        if (key.empty() || key.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos) {
            problems.error(path, "\"" + pool.api_key_file + "\" must hold one line, the key");
        }
    }
}

void validate(const Config& config, Problems& problems, std::string& files) {
    validate_server(config, problems);
    validate_listeners(config, problems);
    validate_pools(config, problems);
    validate_policy(config, problems);
    validate_routes(config, problems);
    validate_files(config, problems, files);
}

}  // namespace penstock::app
