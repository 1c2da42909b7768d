// What no single option can tell: names that lead nowhere, duplicates, files, contradictions.
#pragma once

#include <map>
#include <string>

#include "problems.h"

namespace penstock::app {

/// Adds to `problems`. Reads the files that `config` names and appends their bytes to `files`.
void validate(const Config& config, Problems& problems, std::string& files);

/// What TLS to the pools' backends is made of, by the pool's name, where it is good. As `validate`.
[[nodiscard]] std::map<std::string, net::ClientTlsOptions> validate_backend_tls(
    const Config& config, Problems& problems, std::string& files);

// Its parts.
void validate_listeners(const Config& config, Problems& problems);
void validate_pools(const Config& config, Problems& problems);
void validate_policy(const Config& config, Problems& problems);
void validate_routes(const Config& config, Problems& problems);
void validate_labels(const Config& config, const RouteConfig& route, const std::string& path,
                     Problems& problems);
void validate_files(const Config& config, Problems& problems, std::string& files);

/// What the listeners' TLS is made of, by address, where it is good. As `validate`.
[[nodiscard]] std::map<std::string, net::ServerTlsOptions> validate_tls(const Config& config,
                                                                        Problems& problems,
                                                                        std::string& files);

/// It has a backend with an https:// URL.
[[nodiscard]] bool uses_tls(const PoolConfig& pool);

/// "pool[3]".
[[nodiscard]] std::string element(const char* list, std::size_t index);

}  // namespace penstock::app
