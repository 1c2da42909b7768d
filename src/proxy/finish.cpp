#include "finish.h"

#include "penstock/http/reply.h"

namespace penstock::proxy {

namespace {

/// What a client of an event stream reads last. A half-sent event is closed first, so that ours is
/// read as one.
std::string last_words(const Exchange& exchange, const http::ClientStream& engine,
                       ErrorCode error) {
    if (!exchange.record.stream) return {};
    bool between = false;         // unless known, an empty line more does no harm
    if (exchange.usage_filter) {  // this stream's chunks are ours, always whole
        between = exchange.usage_filter->between_events();
    } else {
        if (!engine.at_boundary()) return {};
        const Observer& observer = exchange.observer;
        between = observer.kind() == Observer::Kind::events && observer.between_events();
    }
    std::string words = between ? "" : "\n\n";
    return words += http::error_event(error, http::api_shape(exchange.client.head().path()));
}

/// A last event without its empty line: some engines end so.
void pass_rest(Exchange& exchange) {
    if (!exchange.usage_filter) return;
    const std::string_view rest = exchange.usage_filter->rest();
    if (!rest.empty()) exchange.client.write({}, {&rest, 1});
}

telemetry::Outcome outcome_of(int status, bool saw_error) noexcept {
    if (saw_error || status >= 500) return telemetry::Outcome::engine_error;
    return status >= 400 ? telemetry::Outcome::client_error : telemetry::Outcome::ok;
}

}  // namespace

void finish(Exchange& exchange, http::ClientStream& engine, RelayEnd how) {
    exchange.record_tokens();
    switch (how.end) {
        case Relay::End::complete: {
            const auto outcome = outcome_of(exchange.record.status, exchange.observer.saw_error());
            const bool failed = outcome == telemetry::Outcome::engine_error;
            exchange.ended(outcome, failed ? std::optional{ErrorCode::engine_error} : std::nullopt);
            pass_rest(exchange);
            exchange.client.finish(engine.trailers());
            return;
        }
        case Relay::End::engine_failed:
            exchange.ended(telemetry::Outcome::broken, how.error);
            exchange.client.break_off(last_words(exchange, engine, how.error));
            return;
        case Relay::End::client_failed:
            if (exchange.record.status == 101 && how.error == ErrorCode::client_gone) {
                exchange.ended(telemetry::Outcome::ok);  // a tunnel's proper end
                exchange.client.break_off({});
                return;
            }
            exchange.ended(telemetry::Outcome::client_gone, how.error);
            exchange.worker.metrics.count(telemetry::Count::cancellations);
            exchange.client.break_off({});
            return;
    }
}

}  // namespace penstock::proxy
