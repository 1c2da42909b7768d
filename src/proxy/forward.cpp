// The one retry loop: decide, open, send, and until the first response byte decide again without
// those that failed.
#include "attempt.h"
#include "await_head.h"
#include "decide.h"
#include "heads.h"
#include "resend.h"
#include "respond.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

using Stream = std::unique_ptr<http::ClientStream>;

/// Sends the request and waits for the response's head. Each sending has an id of its own: an
/// engine may still know that of the one before.
Task<std::optional<ErrorCode>> send(Exchange& exchange, Attempt& attempt,
                                    http::ClientStream& engine) {
    attempt.sent();
    const http::RequestHead& head =
        upstream_head(exchange, attempt.backend(), engine.version(), exchange.record.attempts);
    engine.send(head, exchange.body);
    co_return co_await await_head(exchange, engine);
}

/// A stream with the response's head on it. What nobody has worked on is sent again: a kept
/// connection may turn out to be dead, a stream may be refused.
Task<Result<Stream>> exchange_heads(Exchange& exchange, Attempt& attempt) {
    Stream stream = exchange.worker.pools.reuse(attempt.backend());
    for (int sendings = 1;; ++sendings) {
        if (!stream) {
            Result<Stream> fresh =
                co_await exchange.worker.pools.connect(attempt.backend(), exchange.deadline());
            if (!fresh) co_return connect_error(exchange, fresh.error());
            stream = std::move(*fresh);
        }
        const std::optional<ErrorCode> failed = co_await send(exchange, attempt, *stream);
        if (!failed) co_return std::move(stream);
        if (!may_send_again(*failed, sendings)) co_return *failed;
        stream.reset();
    }
}

/// Nothing of the request can have been answered: another backend may try.
constexpr bool may_fail_over(ErrorCode code) noexcept {
    return code == ErrorCode::connect_failed || code == ErrorCode::connect_timeout ||
           code == ErrorCode::tls_handshake_failed || code == ErrorCode::tls_verification_failed ||
           code == ErrorCode::upstream_reused_closed;
}

}  // namespace

Task<void> forward(Exchange& exchange) {
    std::vector<fleet::Slot> excluded;
    std::optional<Error> last;
    for (;;) {
        if (exchange.overdue()) {
            exchange.refuse(ErrorCode::total_timeout);
            co_return;
        }
        Result<Pick> pick = decide(exchange, excluded);
        if (!pick) {
            exchange.refuse(last.value_or(pick.error()));
            co_return;
        }
        record_pick(exchange, *pick);
        Attempt attempt{exchange, std::move(*pick)};
        const fleet::Slot slot = attempt.backend().slot;
        const bool more = excluded.size() < exchange.generation->max_failovers;

        Result<Stream> stream = co_await exchange_heads(exchange, attempt);
        const bool loading = stream && (*stream)->response().status == 503;
        if (stream && !(loading && more && others_fit(exchange, slot, excluded))) {
            co_await relay_response(exchange, attempt, **stream, nullptr);
            co_return;
        }
        last = stream ? Error{ErrorCode::engine_loading} : stream.error();
        attempt.failed(last->code());
        if (!stream && (!more || !may_fail_over(last->code()))) {
            exchange.refuse(*last);
            co_return;
        }
        excluded.push_back(slot);
    }
}

}  // namespace penstock::proxy
