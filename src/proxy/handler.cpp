#include "penstock/proxy/handler.h"

#include "steps.h"

namespace penstock::proxy {

Task<void> ProxyHandler::handle(http::ServerStream& client) {
    Exchange exchange{worker_, client};

    identify(exchange);
    if (answer_locally(exchange)) co_return;
    if (const auto refusal = admit(exchange)) co_return exchange.refuse(*refusal);

    if (exchange.route->body == BodyMode::stream) {
        if (const auto refusal = choose_pool(exchange)) co_return exchange.refuse(*refusal);
        co_await forward_streamed(exchange);
        co_return;
    }

    const std::optional<Error> unread = co_await read_body(exchange);
    if (unread) co_return exchange.refuse(*unread);
    if (inspects_elsewhere(exchange)) {
        co_await inspect_elsewhere(exchange);
    } else {
        inspect(exchange);
    }
    if (const auto refusal = choose_pool(exchange)) co_return exchange.refuse(*refusal);
    ask_for_usage(exchange);
    co_await forward(exchange);
}

}  // namespace penstock::proxy
