#include <algorithm>

#include "penstock/net/await.h"
#include "route.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

// The budget is taken in steps as the body comes, so that a large Content-Length alone holds
// nothing.
constexpr std::size_t k_step = 64 * 1024;
// Looks in one turn of the loop, of 64 KiB at most: a fast upload must not hold up the others'
// tokens.
constexpr int k_reads_per_turn = 16;

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

/// Waits for more of the body.
auto more(Exchange& exchange, TimePoint until) noexcept {
    net::Loop& loop = exchange.worker.loop;
    http::ServerStream& client = exchange.client;
    return net::within(loop, net::time_left(loop, until),
                       [&client](Waiter* waiter) noexcept { client.when_readable(waiter); });
}

}  // namespace

Task<std::optional<Error>> read_body(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    const std::uint64_t limit = body_limit(*exchange.generation, exchange.asked(), *exchange.route);
    if (head.framing == http::Framing::length) {
        if (head.length > limit) {
            co_return Error{ErrorCode::body_too_large,
                            "the body is longer than " + std::to_string(limit) + " bytes"};
        }
        exchange.body.swap(exchange.worker.spare.body);
        exchange.body.clear();
        exchange.body.reserve(std::min<std::uint64_t>(head.length, k_step) +
                              engine::k_body_padding);
    }
    const TimePoint until =
        exchange.deadline_by(total_limit(*exchange.generation, exchange.asked(), *exchange.route));
    for (int reads = 1;; ++reads) {
        const http::Received received = exchange.client.try_read();
        switch (received.state) {
            case http::ReadState::bytes:
                if (auto refusal = append(exchange, received.payload, limit)) co_return refusal;
                if (reads % k_reads_per_turn == 0) {
                    static_cast<void>(co_await more(exchange, until));
                }
                break;
            case http::ReadState::would_block:
                if (exchange.worker.loop.now() >= until) {
                    co_return Error{ErrorCode::body_timeout,
                                    "the whole request's time ended before its body's end"};
                }
                static_cast<void>(co_await more(exchange, until));
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
