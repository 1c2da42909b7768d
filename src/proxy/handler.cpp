#include "penstock/proxy/handler.h"

#include "steps.h"

namespace penstock::proxy {

namespace {

/// Answers, if there is a refusal. No local of the coroutine below: its frame lives as long as the
/// stream.
bool refused(Exchange& exchange, const std::optional<Error>& refusal) {
    if (refusal) exchange.refuse(*refusal);
    return refusal.has_value();
}

}  // namespace

Task<void> ProxyHandler::handle(http::ServerStream& client) {
    Exchange exchange{worker_, client};

    identify(exchange);
    if (answer_locally(exchange)) co_return;
    if (refused(exchange, admit(exchange))) co_return;

    exchange.tunnel = wants_tunnel(exchange);
    if (exchange.tunnel || exchange.grpc || exchange.route->body == BodyMode::stream) {
        if (refused(exchange, choose_pool(exchange))) co_return;
        co_await forward_streamed(exchange);
        co_return;
    }

    const std::optional<Error> unread = co_await read_body(exchange);
    if (refused(exchange, unread)) co_return;
    if (inspects_elsewhere(exchange)) {
        co_await inspect_elsewhere(exchange);
    } else {
        inspect(exchange);
    }
    if (refused(exchange, choose_pool(exchange))) co_return;
    ask_for_usage(exchange);
    co_await forward(exchange);
}

}  // namespace penstock::proxy
