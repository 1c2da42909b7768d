// The one retry loop: decide, open, send, and until the first response byte decide again without
// those that failed.
#include "attempt.h"
#include "decide.h"
#include "finish.h"
#include "heads.h"
#include "penstock/net/await.h"
#include "relay.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

using Stream = std::unique_ptr<http::ClientStream>;

/// Waits for the response's head. Errors: what the stream says, or first_byte_timeout.
Task<std::optional<ErrorCode>> await_head(Exchange& exchange, http::ClientStream& engine) {
    const Millis allowed = exchange.route->timeouts.first_byte;
    for (;;) {
        ErrorCode error = ErrorCode::internal;
        const http::ReadState state = engine.try_head(error);
        if (state == http::ReadState::bytes) co_return std::nullopt;
        if (state == http::ReadState::failed) co_return error;
        const bool in_time = co_await net::within(
            exchange.worker.loop, allowed,
            [&engine](Waiter* waiter) noexcept { engine.when_readable(waiter); });
        if (!in_time) co_return ErrorCode::first_byte_timeout;
    }
}

/// A stream with the response's head on it. A kept connection that turns out to be dead is replaced
/// by a fresh one.
Task<Result<Stream>> exchange_heads(Exchange& exchange, Attempt& attempt) {
    const http::RequestHead head =
        upstream_head(exchange, attempt.backend(), exchange.record.attempts);
    Stream stream = exchange.worker.pools.reuse(attempt.backend());
    if (stream) {
        attempt.sent();
        stream->send(head, exchange.body);
        const std::optional<ErrorCode> failed = co_await await_head(exchange, *stream);
        if (!failed) co_return std::move(stream);
        if (*failed != ErrorCode::upstream_reused_closed) co_return *failed;
    }
    Result<Stream> fresh = co_await exchange.worker.pools.connect(attempt.backend());
    if (!fresh) co_return fresh.error();
    stream = std::move(*fresh);
    attempt.sent();
    stream->send(head, exchange.body);
    const std::optional<ErrorCode> failed = co_await await_head(exchange, *stream);
    if (failed) co_return *failed;
    co_return std::move(stream);
}

/// Nothing of the request can have been answered: another backend may try.
constexpr bool may_fail_over(ErrorCode code) noexcept {
    return code == ErrorCode::connect_failed || code == ErrorCode::connect_timeout ||
           code == ErrorCode::upstream_reused_closed;
}

void record_pick(Exchange& exchange, const Pick& pick) {
    telemetry::RequestRecord& record = exchange.record;
    ++record.attempts;
    record.backend = pick.backend->url;
    record.reason = routing::name(pick.decision.reason);
    record.predicted_blocks = pick.decision.held_blocks;
    record.decided = exchange.elapsed();
    if (record.attempts > 1) exchange.worker.metrics.count(telemetry::Count::retries);
}

Task<void> relay_response(Exchange& exchange, Attempt& attempt, http::ClientStream& engine) {
    const http::ResponseHead& from = engine.response();
    if (exchange.route->usage != UsageMode::off) exchange.observer.begin(from);
    exchange.record.status = from.status;
    if (from.status < 500) {
        exchange.worker.shared.counters[attempt.backend().slot].served.fetch_add(
            1, std::memory_order_relaxed);
    }
    exchange.record.stream = exchange.observer.kind() == Observer::Kind::events;
    const std::string told = exchange.explain
                                 ? explanation(exchange, attempt.backend(), attempt.decision())
                                 : std::string{};
    exchange.client.respond(downstream_head(exchange, from, told));
    if (engine.request_sent()) {  // no second try from here on
        exchange.body = {};
        exchange.share.clear();
    }
    Relay relay{exchange, attempt, engine};
    const Relay::End end = co_await relay;
    finish(exchange, engine, {end, relay.error()});
}

}  // namespace

Task<void> forward(Exchange& exchange) {
    std::vector<fleet::Slot> excluded;
    std::optional<Error> last;
    for (;;) {
        Result<Pick> pick = decide(exchange, excluded);
        if (!pick) {
            exchange.refuse(last.value_or(pick.error()));
            co_return;
        }
        record_pick(exchange, *pick);
        Attempt attempt{exchange, *pick->backend, std::move(pick->charge), pick->decision};
        const fleet::Slot slot = attempt.backend().slot;
        const bool more = excluded.size() < exchange.generation->max_failovers;

        Result<Stream> stream = co_await exchange_heads(exchange, attempt);
        const bool loading = stream && (*stream)->response().status == 503;
        if (stream && !(loading && more && others_fit(exchange, slot, excluded))) {
            if (exchange.record.own == Micros{0}) exchange.record.own = exchange.record.decided;
            co_await relay_response(exchange, attempt, **stream);
            co_return;
        }
        last = stream ? Error{ErrorCode::engine_loading} : stream.error();
        exchange.worker.shared.report_failure(slot, last->code());
        if (!stream && (!more || !may_fail_over(last->code()))) {
            exchange.refuse(*last);
            co_return;
        }
        excluded.push_back(slot);
    }
}

}  // namespace penstock::proxy
