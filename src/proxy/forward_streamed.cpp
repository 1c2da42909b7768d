// For routes with `body = "stream"`: the request's body is relayed while it comes, beside the
// response's; decided by the head alone, and never tried twice.
#include <coroutine>

#include "attempt.h"
#include "decide.h"
#include "finish.h"
#include "heads.h"
#include "penstock/http/await.h"
#include "penstock/net/await.h"
#include "relay.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

/// The half that moves the request's body. Runs on its own waiters beside the response's coroutine.
class Upload {
public:
    Upload(http::ServerStream& client, http::ClientStream& engine)
        : client_{client}, engine_{engine} {}
    ~Upload() {
        client_.when_readable(nullptr);
        engine_.when_writable(nullptr);
    }
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    void pump() {
        for (;;) {
            const http::Received received = client_.try_read();
            switch (received.state) {
                case http::ReadState::bytes:
                    if (engine_.write(received.payload) == http::Flow::blocked) {
                        return engine_.when_writable(&writable_hook_);
                    }
                    break;
                case http::ReadState::would_block:
                    return client_.when_readable(&readable_hook_);
                case http::ReadState::end:
                    return engine_.finish();
                case http::ReadState::failed:
                    failed_ = received.error;
                    return;
            }
        }
    }

    [[nodiscard]] std::optional<ErrorCode> failed() const noexcept { return failed_; }

private:
    http::ServerStream& client_;
    http::ClientStream& engine_;
    std::optional<ErrorCode> failed_;
    Hook<Upload, &Upload::pump> readable_hook_{*this};
    Hook<Upload, &Upload::pump> writable_hook_{*this};
};

}  // namespace

Task<void> forward_streamed(Exchange& exchange) {
    const Result<Pick> pick = decide(exchange, {});
    if (!pick) co_return exchange.refuse(pick.error());
    exchange.record.attempts = 1;
    exchange.record.backend = pick->backend->url;
    exchange.record.reason = routing::name(pick->decision.reason);
    exchange.record.decided = exchange.elapsed();
    Attempt attempt{exchange, *pick->backend, fleet::Charge{}, pick->decision};

    Result<std::unique_ptr<http::ClientStream>> stream =
        co_await exchange.worker.pools.connect(attempt.backend());
    if (!stream) co_return exchange.refuse(stream.error());
    http::ClientStream& engine = **stream;
    http::RequestHead head = upstream_head(exchange, attempt.backend(), 1);
    head.framing = exchange.client.head().framing;
    head.length = exchange.client.head().length;
    engine.send_head(head);
    Upload upload{exchange.client, engine};
    upload.pump();

    for (;;) {
        ErrorCode error = ErrorCode::internal;
        const http::ReadState state = engine.try_head(error);
        if (state == http::ReadState::bytes) break;
        if (state == http::ReadState::failed)
            co_return exchange.refuse(upload.failed().value_or(error));
        const bool in_time = co_await net::within(
            exchange.worker.loop, exchange.route->timeouts.first_byte,
            [&engine](Waiter* waiter) noexcept { engine.when_readable(waiter); });
        if (!in_time)
            co_return exchange.refuse(upload.failed().value_or(ErrorCode::first_byte_timeout));
    }
    if (exchange.route->usage != UsageMode::off) exchange.observer.begin(engine.response());
    exchange.record.status = engine.response().status;
    exchange.record.stream = exchange.observer.kind() == Observer::Kind::events;
    const std::string told = exchange.explain
                                 ? explanation(exchange, attempt.backend(), attempt.decision())
                                 : std::string{};
    exchange.client.respond(downstream_head(exchange, engine.response(), told));
    Relay relay{exchange, attempt, engine};
    const Relay::End end = co_await relay;
    finish(exchange, engine, {end, relay.error()});
}

}  // namespace penstock::proxy
