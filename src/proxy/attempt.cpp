#include "attempt.h"

#include <algorithm>

#include "blame.h"

namespace penstock::proxy {

namespace {

constexpr float k_estimate_most = 1e6F;  // seconds

}  // namespace

Attempt::Attempt(Exchange& exchange, Pick pick)
    : exchange_{exchange}, pick_{std::move(pick)}, prefilled_timer_{exchange.worker.loop} {
    if (exchange_.adapter_listed) note_adapter();
}

Attempt::~Attempt() {
    if (proven_) return;
    drop_adapter_belief();
    if (indexed_) exchange_.worker.shared.index.undo(added_, exchange_.facts.blocks);
    settle_session();
}

void Attempt::failed(ErrorCode why) {
    if (why == ErrorCode::head_too_large) return;
    failed_ = true;
    if (why == ErrorCode::total_timeout) return;
    backend_failed(exchange_, backend(), why);
}

// What belongs to a new session may come while its first request is still unanswered.
void Attempt::sent() {
    sent_at_ = exchange_.worker.loop.now();
    if (!exchange_.session.home) {
        claim_session(exchange_, backend().slot);
        claimed_ = true;
    }
    // An answer in one piece comes long after its first token: its prompt waits as long as such a
    // prompt should.
    if (!exchange_.facts.stream) {
        const float millis = 1000 * std::min(pick_.prefill_s, k_estimate_most);
        prefilled_timer_.set(Millis{static_cast<Millis::rep>(millis)}, prefilled_hook_);
    }
    if (indexed_ || exchange_.facts.blocks.empty()) return;
    added_ = exchange_.worker.shared.index.insert(backend().slot, exchange_.facts.blocks);
    indexed_ = true;
}

void Attempt::first_byte() {
    proven_ = exchange_.record.status < 400;
    if (!proven_) return;
    remember_session(exchange_, backend().slot);
    if (claimed_) unclaim_session(exchange_, backend().slot);  // no sooner: somebody may look now
    note_adapter();
}

void Attempt::first_token() {
    pick_.charge.prefilled();
    prefilled_timer_.clear();
    first_token_at_ = exchange_.worker.loop.now();
    prefilled_then_ = cell().prompt_tokens_finished.load(std::memory_order_relaxed);
}

void Attempt::prefilled() noexcept {
    pick_.charge.prefilled();
}

// A session that its home has failed may try another: else it would fail for as long as that goes
// on. A client that gave up, or was told that its request is wrong, says nothing against the home:
// not against one that another request has proven meanwhile either.
void Attempt::settle_session() const noexcept {
    const bool blamed = failed_ || exchange_.record.status >= 500;
    if (blamed) {
        forget_session(exchange_, backend().slot);
    } else if (claimed_) {
        unclaim_session(exchange_, backend().slot);
    }
}

// At the pick, so that the next request of a burst finds it on its way, but not on a client's word
// alone, which could push out what is really there. And where it has answered: whatever another
// request has taken back since.
void Attempt::note_adapter() noexcept {
    if (exchange_.adapter == 0) return;
    exchange_.worker.shared.adapters.note(backend().slot, exchange_.adapter,
                                          exchange_.worker.loop.now());
}

// Who fails or does not have it must not look the better for having been asked.
void Attempt::drop_adapter_belief() noexcept {
    if (!exchange_.adapter_listed || pick_.adapter == fleet::AdapterRoom::loaded) return;
    exchange_.worker.shared.adapters.forget(backend().slot, exchange_.adapter);
}

fleet::CounterSlab::Cell& Attempt::cell() const noexcept {
    return exchange_.worker.shared.counters[backend().slot];
}

Error connect_error(const Exchange& exchange, const Error& from) {
    // A TLS handshake that was not given more time has failed for want of it.
    const bool timed =
        from.code() == ErrorCode::connect_timeout || from.code() == ErrorCode::tls_handshake_failed;
    const bool late = timed && exchange.overdue();
    return late ? Error{ErrorCode::total_timeout} : from;
}

}  // namespace penstock::proxy
