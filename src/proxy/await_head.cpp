#include "await_head.h"

#include "penstock/net/await.h"

namespace penstock::proxy {

HeadDeadline::HeadDeadline(const Exchange& exchange) noexcept : loop_{exchange.worker.loop} {
    const Timeouts& timeouts = exchange.route->timeouts;
    if (timeouts.first_byte > Millis{0}) at_ = loop_.now() + timeouts.first_byte;
    if (exchange.deadline() < at_) {
        at_ = exchange.deadline();
        error_ = ErrorCode::total_timeout;
    }
}

bool HeadDeadline::passed() const noexcept {
    return at_ != TimePoint::max() && loop_.now() >= at_;
}

Millis HeadDeadline::left() const noexcept {
    return net::time_left(loop_, at_);
}

Task<std::optional<ErrorCode>> await_head(const Exchange& exchange, http::ClientStream& engine) {
    const HeadDeadline deadline{exchange};
    for (;;) {
        ErrorCode error = ErrorCode::internal;
        const http::ReadState state = engine.try_head(error);
        if (state == http::ReadState::bytes) co_return std::nullopt;
        if (state == http::ReadState::failed) co_return error;
        if (deadline.passed()) co_return deadline.error();
        const bool in_time = co_await net::within(
            exchange.worker.loop, deadline.left(),
            [&engine](Waiter* waiter) noexcept { engine.when_readable(waiter); });
        if (!in_time) co_return deadline.error();
    }
}

}  // namespace penstock::proxy
