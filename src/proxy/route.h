// Which route a request takes.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/http/head.h"
#include "penstock/proxy/generation.h"

namespace penstock::proxy {

/// What routes look at: the head, and what the client's certificate says.
struct RouteAsk {
    // NOLINTNEXTLINE(google-explicit-constructor): most clients have no certificate
    RouteAsk(const http::RequestHead& of, std::span<const std::string> names = {}) noexcept
        : head{of}, client_names{names} {}

    const http::RequestHead& head;
    std::span<const std::string> client_names;  // verified; empty: none
};

/// The first route whose conditions on the head hold, or null. With `model`, its model patterns
/// must hold too; without, they are left for later. Complexity: O(routes x patterns).
[[nodiscard]] const Route* match_route(const Generation& generation, const RouteAsk& ask,
                                       const std::string_view* model);

/// The one of a client's names by which it may take this route, or the first. Empty: it has none.
[[nodiscard]] std::string_view name_for(const Route& route,
                                        std::span<const std::string> client_names) noexcept;

/// Shows the pools that a request with this head may go to, whichever model it will name; some
/// perhaps twice. `first`: the first route that matches by the head.
void for_possible_pools(const Generation& generation, const RouteAsk& ask, const Route& first,
                        const std::function<void(std::uint32_t)>& see);

/// Bytes of body to read before the model tells the route: what the most generous route allows that
/// could still be the one. `first`: the first that matches by the head.
[[nodiscard]] std::uint64_t body_limit(const Generation& generation, const RouteAsk& ask,
                                       const Route& first) noexcept;

/// How long such a request may take in all, before the model tells the route: what the most
/// generous route allows. Zero: without limit.
[[nodiscard]] Millis total_limit(const Generation& generation, const RouteAsk& ask,
                                 const Route& first) noexcept;

/// The methods that some route takes for a request to this path and host, with ", " between them.
/// For preflights, which bring none of the headers and certificates of the request to come.
[[nodiscard]] std::string methods_for(const Generation& generation, const http::RequestHead& head);

/// True for a path that an engine might read otherwise than we do: dot segments, empty segments,
/// encoded dots and slashes. Such a path could slip past an allow-list.
[[nodiscard]] bool ambiguous_path(std::string_view path) noexcept;

}  // namespace penstock::proxy
