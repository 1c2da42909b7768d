#include "route.h"

#include <algorithm>

#include "penstock/base/ascii.h"
#include "penstock/base/wildcard.h"

namespace penstock::proxy {

namespace {

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches_glob(pattern, text); });
}

bool path_matches(const Route& route, std::string_view path) {
    const std::vector<std::string>& patterns = route.paths.empty() ? default_paths() : route.paths;
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches_path(pattern, path); });
}

bool method_matches(const Route& route, http::Method method) {
    if (route.methods.empty()) {
        return method == http::Method::get || method == http::Method::post ||
               method == http::Method::head;
    }
    return std::any_of(route.methods.begin(), route.methods.end(), [&](const std::string& wanted) {
        return wanted == "*" || wanted == http::name(method) ||
               (wanted == "GET" && method == http::Method::head);
    });
}

bool headers_match(const Route& route, const http::RequestHead& head) {
    return std::all_of(route.headers.begin(), route.headers.end(), [&](const auto& condition) {
        const auto value = head.fields.find(condition.first);
        return value && matches_glob(condition.second, *value);
    });
}

/// Hosts are compared without case (RFC 9110 4.2.3).
bool host_matches(const Route& route, std::string_view host) {
    const std::string wanted = lower_case(host);
    return std::any_of(route.hosts.begin(), route.hosts.end(), [&](const std::string& pattern) {
        return matches_glob(lower_case(pattern), wanted);
    });
}

std::string_view host_without_port(std::string_view authority) noexcept {
    if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
    return authority.substr(0, authority.find(':'));
}

bool place_matches(const Route& route, const http::RequestHead& head) {
    return path_matches(route, head.path()) &&
           (route.hosts.empty() || host_matches(route, host_without_port(head.authority)));
}

/// The name that the route asks for; the end where it asks for none, or for another.
auto wanted_name(const Route& route, std::span<const std::string> names) noexcept {
    return std::ranges::find_if(
        names, [&route](const std::string& name) { return matches_any(route.client_names, name); });
}

/// A client may have several names, of which each will do.
bool client_matches(const Route& route, std::span<const std::string> names) noexcept {
    return route.client_names.empty() || wanted_name(route, names) != names.end();
}

bool fits(const Route& route, const RouteAsk& ask) {
    const http::RequestHead& head = ask.head;
    return client_matches(route, ask.client_names) && place_matches(route, head) &&
           method_matches(route, head.method) && headers_match(route, head);
}

/// The routes that a request with this head may take, whichever model it will name.
template <class See>
void for_possible_routes(const Generation& generation, const RouteAsk& ask, const Route& first,
                         See see) {
    if (first.models.empty()) return see(first);
    for (const Route& route : generation.routes) {
        if (!fits(route, ask)) continue;
        see(route);
        if (route.models.empty()) return;  // it takes all that comes so far
    }
}

}  // namespace

const Route* match_route(const Generation& generation, const RouteAsk& ask,
                         const std::string_view* model) {
    for (const Route& route : generation.routes) {
        if (!fits(route, ask)) continue;
        if (model != nullptr && !route.models.empty() && !matches_any(route.models, *model))
            continue;
        return &route;
    }
    return nullptr;
}

std::string_view name_for(const Route& route, std::span<const std::string> client_names) noexcept {
    if (client_names.empty()) return {};
    const auto wanted = wanted_name(route, client_names);
    return wanted != client_names.end() ? *wanted : client_names.front();
}

void for_possible_pools(const Generation& generation, const RouteAsk& ask, const Route& first,
                        const std::function<void(std::uint32_t)>& see) {
    for_possible_routes(generation, ask, first, [&see](const Route& route) {
        std::for_each(route.pools.begin(), route.pools.end(), see);
    });
}

std::uint64_t body_limit(const Generation& generation, const RouteAsk& ask,
                         const Route& first) noexcept {
    std::uint64_t limit = first.max_body;
    for_possible_routes(generation, ask, first,
                        [&limit](const Route& route) { limit = std::max(limit, route.max_body); });
    return limit;
}

Millis total_limit(const Generation& generation, const RouteAsk& ask, const Route& first) noexcept {
    Millis limit = first.timeouts.total;
    for_possible_routes(generation, ask, first, [&limit](const Route& route) {
        const Millis total = route.timeouts.total;
        const bool endless = limit == Millis{0} || total == Millis{0};
        limit = endless ? Millis{0} : std::max(limit, total);
    });
    return limit;
}

std::string methods_for(const Generation& generation, const http::RequestHead& head) {
    using http::Method;
    std::string methods;
    for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                                Method::del, Method::options}) {
        const auto takes = [&](const Route& route) {
            return method_matches(route, method) && place_matches(route, head);
        };
        if (std::ranges::none_of(generation.routes, takes)) continue;
        if (!methods.empty()) methods += ", ";
        methods += http::name(method);
    }
    return methods;
}

bool ambiguous_path(std::string_view path) noexcept {
    if (path.find("//") != std::string_view::npos) return true;
    for (std::size_t at = path.find("/."); at != std::string_view::npos;
         at = path.find("/.", at + 1)) {
        const std::string_view rest = path.substr(at + 2);
        if (rest.empty() || rest.front() == '/' || rest == "." || rest.starts_with("./"))
            return true;
    }
    for (std::size_t at = path.find('%'); at != std::string_view::npos;
         at = path.find('%', at + 1)) {
        const std::string_view code = path.substr(at + 1, 2);
        if (http::equal_no_case(code, "2e") || http::equal_no_case(code, "2f") ||
            http::equal_no_case(code, "5c") || http::equal_no_case(code, "00")) {
            return true;
        }
    }
    return false;
}

const std::vector<std::string>& default_paths() {
    static const std::vector<std::string> paths{
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/embeddings",
        "/v1/rerank",
        "/v2/rerank",
        "/rerank",
        "/v1/score",
        "/score",
        "/v1/audio/*",
        "/v1/models",
        "/v1/models/**",
        "/pooling",
        "/classify",
        "/tokenize",
        "/detokenize",
        "/generate",
    };
    return paths;
}

}  // namespace penstock::proxy
