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

/// Clients set a base address with "/v1" in it or without, and theirs add it or do not.
std::string meant_text(const Exchange& exchange) {
    constexpr std::string_view k_version = "/v1";
    const RouteAsk asked = exchange.asked();
    http::RequestHead meant = asked.head;
    meant.target = meant.path().starts_with("/v1/v1/")
                       ? meant.target.substr(k_version.size())
                       : std::string{k_version} + std::string{meant.target};
    if (match_route(*exchange.generation, {meant, asked.client_names}, nullptr) == nullptr)
        return {};
    return "; did you mean " + std::string{meant.path().substr(0, 256)} + "?";
}

}  // namespace

bool is_let_in(Exchange& exchange) {
    const ApiKeys& keys = exchange.generation->keys;
    if (keys.off()) return true;
    const std::optional<std::string_view> holder = keys.holder(exchange.client.head());
    exchange.record.key_name = holder.value_or(std::string_view{});
    return holder.has_value();
}

std::optional<Error> admit(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    if (ambiguous_path(head.path())) {
        return Error{ErrorCode::bad_request, "the path has empty, dot or encoded segments"};
    }
    const bool serves = exchange.purpose == Purpose::serve;  // who explains needs no client's key
    if (serves && !is_let_in(exchange)) return Error{ErrorCode::unauthorized};
    if (loops(head.fields)) {
        return Error{ErrorCode::bad_request, "the request runs in a circle: see its Via field"};
    }
    if (!exchange.find_route(nullptr)) {
        return Error{ErrorCode::not_found,
                     "no route serves " + std::string{http::name(head.method)} + " " +
                         std::string{head.path().substr(0, 256)} + meant_text(exchange)};
    }
    return std::nullopt;
}

}  // namespace penstock::proxy
