#include "finish.h"

#include "penstock/http/grpc.h"
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

/// A call of HTTP/2 is visibly broken by a status that says so. (gRPC-Web has its trailers in the
/// body.)
bool tells_in_trailers(const Exchange& exchange) noexcept {
    const http::RequestHead& head = exchange.client.head();
    const auto type = head.fields.find(http::FieldName::content_type);
    return exchange.grpc && head.version == http::Version::http_2 &&
           !type->starts_with("application/grpc-web");
}

/// A last event without its empty line: some engines end so.
void pass_rest(Exchange& exchange) {
    if (!exchange.usage_filter) return;
    const std::string_view rest = exchange.usage_filter->rest();
    if (!rest.empty()) exchange.client.write({}, {&rest, 1});
}

/// A call that failed says so in its trailers, below an HTTP status of 200.
telemetry::Outcome outcome_of_call(const http::ClientStream& engine) noexcept {
    std::optional<http::GrpcStatus> status = http::grpc_status(engine.trailers());
    if (!status) status = http::grpc_status(engine.response().fields);  // trailers only
    if (status == http::GrpcStatus::ok) return telemetry::Outcome::ok;
    return status && http::is_callers_fault(*status) ? telemetry::Outcome::client_error
                                                     : telemetry::Outcome::engine_error;
}

telemetry::Outcome outcome_of(const Exchange& exchange, const http::ClientStream& engine) noexcept {
    const int status = exchange.record.status;
    const bool saw_error = exchange.observer.saw_error();
    if (exchange.grpc && status == 200) return outcome_of_call(engine);
    if (saw_error || status >= 500) return telemetry::Outcome::engine_error;
    return status >= 400 ? telemetry::Outcome::client_error : telemetry::Outcome::ok;
}

}  // namespace

void finish(Exchange& exchange, http::ClientStream& engine, RelayEnd how) {
    exchange.record_tokens();
    switch (how.end) {
        case Relay::End::complete: {
            const auto outcome = outcome_of(exchange, engine);
            const bool failed = outcome == telemetry::Outcome::engine_error;
            exchange.ended(outcome, failed ? std::optional{ErrorCode::engine_error} : std::nullopt);
            pass_rest(exchange);
            exchange.client.finish(engine.trailers());
            return;
        }
        case Relay::End::engine_failed:
            exchange.ended(telemetry::Outcome::broken, how.error);
            if (tells_in_trailers(exchange)) {
                http::Fields trailers;
                http::append_grpc_error(how.error, trailers);
                exchange.client.finish(trailers);
                return;
            }
            exchange.client.break_off(last_words(exchange, engine, how.error));
            return;
        case Relay::End::client_failed:
            if (exchange.record.status == 101 && how.error == ErrorCode::client_gone) {
                exchange.ended(telemetry::Outcome::ok);  // a tunnel's proper end
                exchange.client.break_off({});
                return;
            }
            exchange.client_failed(how.error);
            exchange.client.break_off({});
            return;
    }
}

}  // namespace penstock::proxy
