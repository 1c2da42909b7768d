#include "penstock/http/await.h"
#include "route.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

// The budget is taken in steps as the body comes, so that a large Content-Length alone holds
// nothing.
constexpr std::size_t k_step = 64 * 1024;

std::optional<Error> append(Exchange& exchange, http::Pieces pieces, std::uint64_t limit) {
    std::string& body = exchange.body;
    for (const std::string_view piece : pieces) {
        if (body.size() + piece.size() > limit) {
            return Error{ErrorCode::body_too_large,
                         "the body is longer than " + std::to_string(limit) + " bytes"};
        }
        const std::size_t steps = (body.size() + piece.size() + k_step - 1) / k_step;
        if (!exchange.share.grow_to(steps * k_step)) return Error{ErrorCode::buffer_budget_spent};
        body.append(piece);
    }
    return std::nullopt;
}

}  // namespace

Task<std::optional<Error>> read_body(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    const std::uint64_t limit = body_limit(*exchange.generation, head, *exchange.route);
    if (head.framing == http::Framing::length) {
        if (head.length > limit) {
            co_return Error{ErrorCode::body_too_large,
                            "the body is longer than " + std::to_string(limit) + " bytes"};
        }
        exchange.body.reserve(std::min<std::uint64_t>(head.length, k_step) +
                              engine::k_body_padding);
    }
    for (;;) {
        const http::Received received = exchange.client.try_read();
        switch (received.state) {
            case http::ReadState::bytes:
                if (auto refusal = append(exchange, received.payload, limit)) co_return refusal;
                break;
            case http::ReadState::would_block:
                co_await http::readable(exchange.client);
                break;
            case http::ReadState::failed:
                co_return Error{received.error};
            case http::ReadState::end:
                exchange.body.reserve(exchange.body.size() + engine::k_body_padding);
                exchange.body_complete = exchange.elapsed();
                co_return std::nullopt;
        }
    }
}

}  // namespace penstock::proxy
