#include <algorithm>
#include <map>

#include "penstock/base/near_miss.h"
#include "penstock/base/wildcard.h"
#include "penstock/proxy/generation.h"
#include "text_formats.h"
#include "validate.h"

namespace penstock::app {

namespace {

using Texts = std::vector<std::string>;
using Covers = bool (*)(std::string_view wide, std::string_view narrow);

/// Whether all that `narrow` matches is matched by `wide`: its stars fall within those of `wide`.
bool covers_glob(std::string_view wide, std::string_view narrow) {
    return matches_glob(wide, narrow);
}

/// True only where it is plain: equal, or below a `/**` at the end of a path without other stars.
bool covers_path(std::string_view wide, std::string_view narrow) {
    if (wide == narrow) return true;
    constexpr std::string_view k_all = "/**";
    if (!wide.ends_with(k_all)) return false;
    wide.remove_suffix(k_all.size());
    if (wide.find('*') != std::string_view::npos || !narrow.starts_with(wide)) return false;
    return narrow.size() == wide.size() || narrow[wide.size()] == '/';
}

bool covers_method(std::string_view wide, std::string_view narrow) {
    return wide == "*" || wide == narrow;
}

bool all_covered(const Texts& wide, const Texts& narrow, Covers covers) {
    return std::all_of(narrow.begin(), narrow.end(), [&](const std::string& each) {
        return std::any_of(wide.begin(), wide.end(),
                           [&](const std::string& candidate) { return covers(candidate, each); });
    });
}

/// For conditions that hold for everything when they are not given.
bool condition_covered(const Texts& wide, const Texts& narrow, Covers covers) {
    if (wide.empty()) return true;
    return !narrow.empty() && all_covered(wide, narrow, covers);
}

const Texts& paths_of(const RouteConfig& route) {
    return route.paths.empty() ? proxy::default_paths() : route.paths;
}

const Texts& methods_of(const RouteConfig& route) {
    static const Texts k_usual{"GET", "HEAD", "POST"};
    return route.methods.empty() ? k_usual : route.methods;
}

bool covers_route(const RouteConfig& wide, const RouteConfig& narrow) {
    const bool headers =
        std::all_of(wide.headers.begin(), wide.headers.end(), [&](const auto& header) {
            const auto found = narrow.headers.find(header.first);
            return found != narrow.headers.end() && covers_glob(header.second, found->second);
        });
    return headers && all_covered(paths_of(wide), paths_of(narrow), covers_path) &&
           all_covered(methods_of(wide), methods_of(narrow), covers_method) &&
           condition_covered(wide.hosts, narrow.hosts, covers_glob) &&
           condition_covered(wide.client_names, narrow.client_names, covers_glob) &&
           condition_covered(wide.models, narrow.models, covers_glob);
}

std::string shown_name(const Config& config, std::size_t n) {
    const std::string& name = config.routes[n].name;
    return "\"" + (name.empty() ? "route-" + std::to_string(n + 1) : name) + "\"";
}

void validate_pool(const Config& config, std::size_t n, Problems& problems) {
    const std::string& wanted = config.routes[n].pool;
    if (wanted.empty()) return;  // told already
    std::vector<std::string_view> names;
    for (const PoolConfig& pool : config.pools) names.push_back(pool.name);
    if (std::find(names.begin(), names.end(), wanted) != names.end()) return;
    const std::string_view near = near_miss(wanted, names);
    std::string hint;
    if (!near.empty()) {
        hint = "did you mean \"" + std::string{near} + "\"?";
    } else if (!names.empty()) {
        hint = "there are: ";
        for (const std::string_view name : names) {
            if (!hint.ends_with(": ")) hint += ", ";
            hint += name;
        }
    }
    problems.error(element("route", n) + ".pool", "there is no pool named \"" + wanted + "\"",
                   std::move(hint));
}

/// RFC 8441's way to tunnels over HTTP/2 is not spoken.
void validate_upgrades(const Config& config, std::size_t n, Problems& problems) {
    const RouteConfig& route = config.routes[n];
    if (route.upgrades.empty()) return;
    for (const PoolConfig& pool : config.pools) {
        const bool http2 =
            pool.protocol == fleet::Protocol::h2c || pool.protocol == fleet::Protocol::h2;
        if (pool.name != route.pool || !http2) continue;
        problems.error(element("route", n) + ".upgrades",
                       "\"upgrades\" needs backends of HTTP/1.1, and those of pool \"" + pool.name +
                           "\" speak HTTP/2",
                       "write protocol = \"auto\" in that pool");
    }
}

void validate_conditions(const RouteConfig& route, const std::string& path, Problems& problems) {
    const std::string headers = path + ".headers.";
    for (const auto& [name, value] : route.headers) {
        if (is_token(name)) continue;
        problems.error(headers + name, "\"" + name + "\" is no name of a header");
    }
    if (route.body == BodyMode::stream && route.usage == UsageMode::inject) {
        problems.error(path + ".usage",
                       "usage = \"inject\" changes the body, which body = \"stream\" passes on "
                       "unseen",
                       "use usage = \"observe\", or body = \"inspect\"");
    }
    if (route.body == BodyMode::stream && !route.models.empty()) {
        problems.error(path + ".models",
                       "\"models\" cannot be told with body = \"stream\", which looks into no body",
                       "choose by paths, hosts or headers instead");
    }
}

void validate_client_names(const Config& config, const RouteConfig& route, const std::string& path,
                           Problems& problems) {
    const bool asked =
        std::any_of(config.listeners.begin(), config.listeners.end(), [](const auto& listener) {
            return listener.tls.client_certificate != ClientCertificate::off;
        });
    if (route.client_names.empty() || asked) return;
    problems.warning(path + ".client_names",
                     "no listener asks for client certificates: this route can never match",
                     "set client_certificate and client_ca in [listener.tls]");
}

}  // namespace

void validate_routes(const Config& config, Problems& problems) {
    std::map<std::string, std::size_t> taken;
    const std::uint64_t budget = config.server.buffer_budget.count;
    for (std::size_t n = 0; n < config.routes.size(); ++n) {
        const RouteConfig& route = config.routes[n];
        const std::string path = element("route", n);
        validate_pool(config, n, problems);
        validate_upgrades(config, n, problems);
        validate_conditions(route, path, problems);
        validate_client_names(config, route, path, problems);
        validate_labels(config, route, path, problems);
        const std::string name = route.name.empty() ? "route-" + std::to_string(n + 1) : route.name;
        if (!taken.emplace(name, n).second) {
            problems.error(path + ".name", "there is another route named \"" + name + "\"");
        }
        if (budget > 0 && route.body == BodyMode::inspect && route.max_body.count > budget) {
            problems.error(path + ".max_body",
                           "\"max_body\" is larger than \"server.buffer_budget\": a body of that "
                           "size could never be read");
        }
        for (std::size_t before = 0; before < n; ++before) {
            if (!covers_route(config.routes[before], route)) continue;
            problems.warning(path,
                             "route " + shown_name(config, n) + " can never match: route " +
                                 shown_name(config, before) + " before it takes all of it",
                             "put the narrower one first");
            break;
        }
    }
}

}  // namespace penstock::app
