#include <algorithm>

#include "models.h"
#include "penstock/http/reply.h"
#include "route.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

constexpr std::string_view k_models = "/v1/models";

void answer(Exchange& exchange, int status, std::string_view content_type, std::string_view body) {
    http::ResponseHead head;
    head.status = status;
    if (!content_type.empty()) head.fields.append(http::FieldName::content_type, content_type);
    exchange.append_own_fields(head.fields);
    exchange.record.status = status;
    exchange.record.route = "local";
    exchange.ended(telemetry::Outcome::ok);
    http::reply(exchange.client, std::move(head), body);
}

bool asks_for_health(std::string_view path) noexcept {
    return path == "/health" || path == "/ping";
}

bool asks_for_models(std::string_view path) noexcept {
    return path == k_models || (path.starts_with(k_models) && path[k_models.size()] == '/');
}

std::string allowed_methods(const Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    std::string methods = methods_for(*exchange.generation, head);
    const bool own = asks_for_health(head.path()) || asks_for_models(head.path());
    return methods.empty() && own ? "GET, HEAD" : methods;
}

bool any_backend_ready(const Exchange& exchange) {
    const fleet::LoadTable& table = exchange.worker.table();
    for (const Pool& pool : exchange.generation->pools) {
        for (const fleet::Backend& backend : pool.backends) {
            const fleet::BackendState* state = fleet::state_of(table, backend.slot);
            const bool takes = backend.weight > 0;  // others only finish what they have
            if (takes && state != nullptr && state->health == fleet::Health::healthy) return true;
        }
    }
    return false;
}

bool answer_preflight(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    if (exchange.generation->cors_origins.empty()) return false;
    if (!head.fields.has(http::FieldName::origin) ||
        !head.fields.has(http::FieldName::access_control_request_method)) {
        return false;
    }
    http::Fields& fields = exchange.cors_fields;
    if (fields.find("Access-Control-Allow-Origin")) {
        const std::string methods = allowed_methods(exchange);
        if (!methods.empty()) fields.append("Access-Control-Allow-Methods", methods);
        const auto wanted = head.fields.find(http::FieldName::access_control_request_headers);
        fields.append("Access-Control-Allow-Headers",
                      std::string{wanted.value_or("Authorization, Content-Type")});
        fields.append("Access-Control-Max-Age", "600");
    }
    answer(exchange, 204, {}, {});
    return true;
}

/// A path's segment without its percent-encoding: clients encode the slash of "org/model".
std::string decoded(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool code = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
                          digit(text[i + 2]) >= 0;
        out += code ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
        if (code) i += 2;
    }
    return out;
}

void answer_model(Exchange& exchange, std::string_view model) {
    const Generation& generation = *exchange.generation;
    const fleet::LoadTable& table = exchange.worker.table();
    if (const auto element = model_document(generation, table, model)) {
        return answer(exchange, 200, "application/json", *element);
    }
    ErrorCode code = ErrorCode::model_not_found;
    for (const Pool& pool : generation.pools) {
        const Listing listing = listing_of(pool, table);
        if (listing == Listing::awaited) return exchange.refuse(ErrorCode::models_not_listed_yet);
        if (listing == Listing::down) code = ErrorCode::no_healthy_backend;
    }
    exchange.refuse(code);
}

bool answer_models(Exchange& exchange, std::string_view path) {
    if (!asks_for_models(path)) return false;
    if (!is_let_in(exchange)) {
        exchange.refuse(ErrorCode::unauthorized);
        return true;
    }
    if (path.size() > k_models.size() + 1) {
        answer_model(exchange, decoded(path.substr(k_models.size() + 1)));
    } else {
        answer(exchange, 200, "application/json",
               models_document(*exchange.generation, exchange.worker.table()));
    }
    return true;
}

}  // namespace

bool answer_locally(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    if (head.method == http::Method::options) return answer_preflight(exchange);
    if (head.method != http::Method::get && head.method != http::Method::head) return false;
    const std::string_view path = head.path();
    if (asks_for_health(path)) {
        const bool ready = !exchange.worker.draining && any_backend_ready(exchange);
        answer(exchange, ready ? 200 : 503, "application/json",
               ready ? R"({"status":"ok"})" : R"({"status":"no backend is ready"})");
        return true;
    }
    return answer_models(exchange, path);
}

}  // namespace penstock::proxy
