#include <algorithm>
#include <iterator>

#include "exchange.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

using http::FieldName;

// Bytes of all fields of one name: each pattern is held against each value that backends have.
constexpr std::size_t k_wish_max = 512;

Error bad_wish(FieldName name, std::string_view why) {
    return Error{ErrorCode::bad_request,
                 std::string{http::spelling(name)} + ": " + std::string{why}};
}

/// Appends the conditions of all fields of this name.
std::optional<Error> read_wish(const http::Fields& fields, FieldName name,
                               fleet::LabelConditions& to) {
    if (!fields.has(name)) return std::nullopt;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].id != name) continue;
        bytes += fields[i].value.size();
        if (bytes > k_wish_max) return bad_wish(name, "it is longer than 512 bytes");
        Result<fleet::LabelConditions> read = fleet::parse_label_conditions(fields[i].value);
        if (!read.has_value()) return bad_wish(name, read.error().detail());
        std::move(read->begin(), read->end(), std::back_inserter(to));
        if (to.size() > fleet::k_label_conditions_max) {
            return bad_wish(name, "there are more than 16 conditions");
        }
    }
    return std::nullopt;
}

std::span<const fleet::Standing> standings_by_route(const Exchange& exchange) {
    const Route& route = *exchange.route;
    for (std::size_t n = 0; n < route.standings.size(); ++n) {
        if (&exchange.generation->pools[route.pools[n]] == exchange.pool) return route.standings[n];
    }
    return {};
}

}  // namespace

// A wish that cannot be heeded is refused where it is a requirement: who asks for a region must not
// be served elsewhere because a route does not listen.
std::optional<Error> place(Exchange& exchange) {
    Placement& placement = exchange.placement;
    placement.standings = standings_by_route(exchange);
    const http::Fields& fields = exchange.client.head().fields;
    const bool requires_more = fields.has(FieldName::x_penstock_require);
    if (!exchange.route->label_fields) {
        if (!requires_more) return std::nullopt;
        return Error{ErrorCode::bad_request,
                     "this route takes no X-Penstock-Require: see its option label_headers"};
    }
    if (!requires_more && !fields.has(FieldName::x_penstock_prefer)) return std::nullopt;
    fleet::LabelWish& asked = placement.asked;
    if (auto bad = read_wish(fields, FieldName::x_penstock_require, asked.required)) return bad;
    if (auto bad = read_wish(fields, FieldName::x_penstock_prefer, asked.preferred)) return bad;
    placement.own.assign(placement.standings.begin(), placement.standings.end());
    exchange.pool->labels.apply(asked, placement.own);
    placement.standings = placement.own;
    return std::nullopt;
}

fleet::LabelWish wish_of(const Exchange& exchange) {
    fleet::LabelWish wish;
    if (exchange.route != nullptr) wish = exchange.route->labels;
    const auto add = [](fleet::LabelConditions& to, const fleet::LabelConditions& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    add(wish.required, exchange.placement.asked.required);
    add(wish.preferred, exchange.placement.asked.preferred);
    return wish;
}

std::string required_labels_text(const Exchange& exchange) {
    const fleet::LabelConditions required = wish_of(exchange).required;
    if (required.empty()) return {};
    const std::span<const fleet::Standing> standings = exchange.placement.standings;
    const bool borne =
        std::any_of(standings.begin(), standings.end(),
                    [](fleet::Standing standing) { return standing != fleet::k_barred; });
    return (borne ? "no backend with the required labels is healthy: "
                  : "no backend has the required labels: ") +
           fleet::text_of(required);
}

void index_labels(Generation& generation) {
    for (Pool& pool : generation.pools) pool.labels = fleet::LabelIndex{pool.backends};
    for (Route& route : generation.routes) {
        route.standings.clear();
        if (route.labels == fleet::LabelWish{}) continue;
        for (const std::uint32_t pool : route.pools) {
            generation.pools[pool].labels.apply(route.labels, route.standings.emplace_back());
        }
    }
}

}  // namespace penstock::proxy
