#include <algorithm>
#include <span>

#include "request_id.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

void allow_origin(Exchange& exchange) {
    const std::vector<std::string>& allowed = exchange.generation->cors_origins;
    if (allowed.empty()) return;
    const auto origin = exchange.client.head().fields.find(http::FieldName::origin);
    if (!origin) return;
    const bool any = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
    if (!any && std::find(allowed.begin(), allowed.end(), *origin) == allowed.end()) return;
    exchange.cors_fields.append("Access-Control-Allow-Origin",
                                any ? std::string_view{"*"} : *origin);
    exchange.cors_fields.append("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
    if (!any) exchange.cors_fields.append("Vary", "Origin");
}

/// All lines of the field as one list: the nearest proxy may have added its word in a line of its
/// own.
std::string forwarded_for(const http::Fields& fields) {
    std::string list;
    if (!fields.has(http::FieldName::x_forwarded_for)) return list;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].id != http::FieldName::x_forwarded_for) continue;
        if (!list.empty()) list += ',';
        list += fields[i].value;
    }
    return list;
}

Explain wanted_explanation(const http::Fields& fields) {
    const auto wanted = fields.find(http::FieldName::x_penstock_explain);
    if (wanted == std::string_view{"1"}) return Explain::pick;
    return wanted == std::string_view{"all"} ? Explain::candidates : Explain::nothing;
}

}  // namespace

void identify(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    const auto given = head.fields.find(http::FieldName::x_request_id);
    exchange.record.request_id = given && valid_request_id(*given)
                                     ? std::string{*given}
                                     : make_request_id(exchange.worker.rng);
    exchange.record.client =
        exchange.generation->trusted.client(exchange.client.peer(), forwarded_for(head.fields));
    const std::span<const std::string> names = exchange.asked().client_names;
    if (!names.empty()) exchange.record.client_name = names.front();
    if (exchange.generation->explain) exchange.explain = wanted_explanation(head.fields);
    allow_origin(exchange);
}

}  // namespace penstock::proxy
