#include "respond.h"

#include "blame.h"
#include "decide.h"
#include "finish.h"
#include "heads.h"
#include "relay.h"

namespace penstock::proxy {

namespace {

/// What will be looked at, and changed, in a response with this head.
void prepare(Exchange& exchange, const http::ResponseHead& from) {
    exchange.record.status = from.status;
    exchange.record.stream = Observer::kind_of(from) == Observer::Kind::events;
    if (exchange.route->usage != UsageMode::off) exchange.observer.begin(from);
    if (learns_answer_id(exchange)) exchange.observer.keep_head();
    if (exchange.usage_injected && exchange.record.stream) {
        exchange.usage_filter = std::make_unique<UsageFilter>();
    }
}

const http::ResponseHead& head_for_client(const Exchange& exchange, const Attempt& attempt,
                                          const http::ResponseHead& from) {
    const std::string told = exchange.explain != Explain::nothing
                                 ? explanation(exchange, attempt.backend(), attempt.decision())
                                 : std::string{};
    http::ResponseHead& head = downstream_head(exchange, from, told);
    if (exchange.explain == Explain::candidates) {
        for (const Candidate& each : exchange.candidates)
            head.fields.append("X-Penstock-Candidate",
                               candidate_text(each, *exchange.pool->policy));
    }
    if (exchange.usage_filter && head.framing == http::Framing::length) {
        head.framing = http::Framing::chunked;  // its length is not known before its end
        head.has_length = false;
    }
    return head;
}

}  // namespace

Task<void> relay_response(Exchange& exchange, Attempt& attempt, http::ClientStream& engine,
                          Upload* upload) {
    const http::ResponseHead& from = engine.response();
    const fleet::Slot slot = attempt.backend().slot;
    prepare(exchange, from);
    if (from.status < 500) {
        exchange.worker.shared.counters[slot].served.fetch_add(1, std::memory_order_relaxed);
    }
    exchange.client.respond(head_for_client(exchange, attempt, from));
    if (from.status == 101) upload->pump();           // the tunnel is open
    if (engine.request_sent()) exchange.drop_body();  // no second try from here on
    Relay relay{exchange, attempt, engine, upload};
    const Relay::End end = co_await relay;
    // The client may go on with it as soon as it has read the end.
    if (!exchange.observer.head().empty()) {
        learn_answer_id(exchange, exchange.observer.head(), slot);
    }
    finish(exchange, engine, {end, relay.error()});
    if (end == Relay::End::complete) attempt.complete(relay.course());
    if (end == Relay::End::engine_failed) attempt.failed(relay.error());
    if (end == Relay::End::complete &&
        exchange.record.outcome == telemetry::Outcome::engine_error) {
        backend_answered_badly(exchange, attempt.backend());
    }
}

}  // namespace penstock::proxy
