// For routes with `body = "stream"` and gRPC calls: the request's body is relayed while it comes,
// beside the response's; decided by the head alone. Another stream or backend is tried only while
// the engine has not worked on it and all that has come of the body is kept. A tunnel (WebSocket)
// is the same, but that its request's body begins with the 101.
#include "attempt.h"
#include "await_head.h"
#include "decide.h"
#include "heads.h"
#include "penstock/net/await.h"
#include "resend.h"
#include "respond.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

/// Waits for the head while the body goes up. Errors: also those of the body. The engine's time
/// begins anew while the body still moves: a long upload is no silence of the engine.
Task<std::optional<ErrorCode>> await_head_beside(const Exchange& exchange,
                                                 http::ClientStream& engine, Upload& upload) {
    std::optional<HeadDeadline> deadline{exchange};
    std::uint64_t moved = upload.moved();
    for (;;) {
        ErrorCode error = ErrorCode::internal;
        const http::ReadState state = engine.try_head(error);
        if (state == http::ReadState::bytes) co_return std::nullopt;
        if (upload.failed()) co_return upload.failed();
        if (state == http::ReadState::failed) co_return error;
        if (deadline->passed()) {
            if (upload.moved() == moved || deadline->error() == ErrorCode::total_timeout) {
                co_return deadline->error();
            }
            moved = upload.moved();
            deadline.emplace(exchange);
        }
        static_cast<void>(co_await net::within(exchange.worker.loop, deadline->left(),
                                               [&engine, &upload](Waiter* waiter) noexcept {
                                                   engine.when_readable(waiter);
                                                   upload.when_failed(waiter);
                                               }));
        // One of the two has woken us: the other must not.
        engine.when_readable(nullptr);
        upload.when_failed(nullptr);
    }
}

/// With the client's framing: nobody holds the body. Not by the route's word, since the route may
/// have been chosen anew by then.
const http::RequestHead& head_as_it_came(const Exchange& exchange, const Attempt& attempt,
                                         http::Version spoken) {
    http::RequestHead& head =
        upstream_head(exchange, attempt.backend(), spoken, exchange.record.attempts);
    head.framing = exchange.client.head().framing;
    head.length = exchange.client.head().length;
    if (exchange.tunnel) {
        const auto wanted = exchange.client.head().fields.find(http::FieldName::upgrade);
        head.fields.append(http::FieldName::upgrade, wanted.value_or(std::string_view{}));
    }
    return head;
}

/// Silence says nothing about an engine that may wait for the rest of its request.
bool engine_is_at_fault(ErrorCode failed, const Upload& upload) noexcept {
    if (upload.failed()) return false;
    return failed != ErrorCode::first_byte_timeout || !upload.awaits_client();
}

/// What has moved may have been worked on, and what breaks one engine would break the next.
bool may_begin_anew(const Upload& upload, const http::ClientStream& engine) noexcept {
    return !upload.failed() && upload.repeatable() && (upload.moved() == 0 || engine.unprocessed());
}

/// False: it must be sent again; nothing has been heard of it, and its body can begin anew.
Task<bool> pass_through(Exchange& exchange, Attempt& attempt, http::ClientStream& engine) {
    engine.send_head(head_as_it_came(exchange, attempt, engine.version()));
    // The message that opens a watch may be all that its client says, and its server's first word
    // may be far off: the call's deadline and the waits for the answer bound it.
    if (exchange.grpc) exchange.client.let_body_pause();
    Upload upload{exchange, engine};
    if (!exchange.tunnel) upload.begin();
    const std::optional<ErrorCode> failed = co_await await_head_beside(exchange, engine, upload);
    if (!failed) {
        upload.keep_no_more();
        co_await relay_response(exchange, attempt, engine, &upload);
        co_return true;
    }
    if (*failed == ErrorCode::upstream_reused_closed && may_begin_anew(upload, engine)) {
        co_return false;
    }
    if (engine_is_at_fault(*failed, upload)) attempt.failed(*failed);
    exchange.refuse(*failed);
    co_return true;
}

/// In HTTP/1.1, also to a backend that would choose HTTP/2 by ALPN.
Task<Result<std::unique_ptr<http::ClientStream>>> connect_for_tunnel(const Exchange& exchange,
                                                                     const Attempt& attempt) {
    fleet::Backend backend = attempt.backend();
    backend.protocol = fleet::Protocol::http_1_1;
    co_return co_await exchange.worker.pools.connect(backend, exchange.deadline());
}

/// On a connection that is there, or on a new one where there is none or nobody has worked on what
/// was sent.
Task<std::optional<Error>> send_streamed(Exchange& exchange, Attempt& attempt) {
    std::unique_ptr<http::ClientStream> stream;
    if (!exchange.tunnel) stream = exchange.worker.pools.join(attempt.backend());
    for (int sendings = 1;; ++sendings) {
        if (!stream) {
            Task<Result<std::unique_ptr<http::ClientStream>>> connecting =
                exchange.tunnel
                    ? connect_for_tunnel(exchange, attempt)
                    : exchange.worker.pools.connect(attempt.backend(), exchange.deadline());
            Result<std::unique_ptr<http::ClientStream>> fresh = co_await std::move(connecting);
            if (!fresh) co_return connect_error(exchange, fresh.error());
            stream = std::move(*fresh);
        }
        const bool done = co_await pass_through(exchange, attempt, *stream);
        if (done) co_return std::nullopt;
        stream.reset();
        constexpr ErrorCode k_why = ErrorCode::upstream_reused_closed;
        if (!may_send_again(k_why, sendings)) co_return Error{k_why};
    }
}

}  // namespace

Task<void> forward_streamed(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    if (head.framing == http::Framing::length && head.length > exchange.route->max_body) {
        co_return exchange.refuse(ErrorCode::body_too_large);
    }
    std::vector<fleet::Slot> excluded;
    std::optional<Error> last;
    for (;;) {
        Result<Pick> pick = decide(exchange, excluded);
        if (!pick) co_return exchange.refuse(last.value_or(pick.error()));
        record_pick(exchange, *pick);
        Attempt attempt{exchange, std::move(*pick)};
        last = co_await send_streamed(exchange, attempt);
        if (!last) co_return;
        attempt.failed(last->code());
        if (last->code() == ErrorCode::total_timeout) co_return exchange.refuse(*last);
        if (excluded.size() >= exchange.generation->max_failovers) {
            co_return exchange.refuse(*last);
        }
        excluded.push_back(attempt.backend().slot);
    }
}

}  // namespace penstock::proxy
