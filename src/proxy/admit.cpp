#include "route.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

// Several instances one behind the other are fine; more than this is one that calls itself.
constexpr std::size_t k_own_via_max = 8;

bool loops(const http::Fields& fields) {
    if (fields.count(http::FieldName::via) == 0) return false;
    std::size_t own = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].id != http::FieldName::via) continue;
        const std::string_view value = fields[i].value;
        for (std::size_t at = value.find(" penstock"); at != std::string_view::npos;
             at = value.find(" penstock", at + 1)) {
            ++own;
        }
    }
    return own > k_own_via_max;
}

}  // namespace

std::optional<Error> admit(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    const Generation& generation = *exchange.generation;
    if (ambiguous_path(head.path())) {
        return Error{ErrorCode::bad_request, "the path has empty, dot or encoded segments"};
    }
    const bool serves = exchange.purpose == Purpose::serve;  // who explains needs no client's key
    if (serves && !generation.keys.off() && !generation.keys.admits(head))
        return Error{ErrorCode::unauthorized};
    if (loops(head.fields)) {
        return Error{ErrorCode::bad_request, "the request runs in a circle: see its Via field"};
    }
    exchange.route = match_route(generation, exchange.asked(), nullptr);
    if (exchange.route == nullptr) {
        return Error{ErrorCode::not_found, "no route serves " +
                                               std::string{http::name(head.method)} + " " +
                                               std::string{head.path().substr(0, 256)}};
    }
    exchange.record.route = exchange.route->name;
    return std::nullopt;
}

}  // namespace penstock::proxy
