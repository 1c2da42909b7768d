// Waiting for a response's head.
#pragma once

#include <optional>

#include "exchange.h"

namespace penstock::proxy {

/// Until when the head may come: by the route's first-byte and total timeouts, fixed once, so that
/// a head that drips does not stretch it.
class HeadDeadline {
public:
    explicit HeadDeadline(const Exchange& exchange) noexcept;

    [[nodiscard]] bool passed() const noexcept;
    /// For a timer; zero: no deadline.
    [[nodiscard]] Millis left() const noexcept;
    /// What it means when it has passed.
    [[nodiscard]] ErrorCode error() const noexcept { return error_; }

private:
    const net::Loop& loop_;
    TimePoint at_ = TimePoint::max();
    ErrorCode error_ = ErrorCode::first_byte_timeout;
};

/// Waits for the response's head. Errors: what the stream says, first_byte_timeout, total_timeout.
/// Destroying the task just ends the wait.
[[nodiscard]] Task<std::optional<ErrorCode>> await_head(const Exchange& exchange,
                                                        http::ClientStream& engine);

}  // namespace penstock::proxy
