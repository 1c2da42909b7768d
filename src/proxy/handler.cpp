#include "penstock/proxy/handler.h"

#include "penstock/http/reply.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

/// Answers, if there is a refusal. No local of the coroutine below: its frame lives as long as the
/// stream.
bool is_refused(Exchange& exchange, const std::optional<Error>& refusal) {
    if (refusal) exchange.refuse(*refusal);
    return refusal.has_value();
}

}  // namespace

Task<void> ProxyHandler::handle(http::ServerStream& client) {
    Exchange exchange{worker_, client};

    identify(exchange);
    if (answer_locally(exchange)) co_return;
    if (is_refused(exchange, admit(exchange))) co_return;

    exchange.tunnel = wants_tunnel(exchange);
    if (exchange.tunnel || exchange.grpc || exchange.route->body == BodyMode::stream) {
        if (is_refused(exchange, choose_pool(exchange))) co_return;
        co_await forward_streamed(exchange);
        co_return;
    }

    const std::optional<Error> unread = co_await read_body(exchange);
    if (is_refused(exchange, unread)) co_return;
    if (inspects_elsewhere(exchange)) {
        co_await inspect_elsewhere(exchange);
    } else {
        inspect(exchange);
    }
    if (is_refused(exchange, choose_pool(exchange))) co_return;
    ask_for_usage(exchange);
    co_await forward(exchange);
}

// A line and a record as of any other request, with what little is known of it.
void ProxyHandler::refused(const http::RefusedRequest& request) {
    telemetry::RequestRecord record;
    record.client = host_of(request.peer);
    record.method = request.method;
    record.path = request.path.substr(0, k_text_max);
    record.status = http::status_of(request.code);
    record.outcome = telemetry::Outcome::client_error;
    record.error = request.code;
    record.bytes_out = request.bytes_out;
    worker_.metrics.count(telemetry::Count::requests_started);
    worker_.metrics.count(telemetry::Count::bad_requests);
    worker_.metrics.finished(record);
    worker_.shared.log.access(record);
}

}  // namespace penstock::proxy
