#include "blame.h"

namespace penstock::proxy {

namespace {

void count(Exchange& exchange, const fleet::Backend& backend, ErrorCode reason) {
    exchange.worker.metrics.backend_failed({exchange.pool->name, backend.url}, reason,
                                           exchange.worker.loop.now());
}

}  // namespace

void backend_failed(Exchange& exchange, const fleet::Backend& backend, ErrorCode reason) {
    count(exchange, backend, reason);
    // Who refuses streams is there, and busy; who has closed all that was kept is asked anew.
    if (reason == ErrorCode::upstream_reused_closed) return;
    exchange.worker.shared.report_failure(backend.slot, reason);
}

void backend_answered_badly(Exchange& exchange, const fleet::Backend& backend) {
    constexpr int k_unavailable = 503;
    const bool loading = exchange.record.status == k_unavailable;
    count(exchange, backend, loading ? ErrorCode::engine_loading : ErrorCode::engine_error);
}

}  // namespace penstock::proxy
