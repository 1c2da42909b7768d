#include "attempt.h"

namespace penstock::proxy {

Attempt::Attempt(Exchange& exchange, const fleet::Backend& backend, fleet::Charge charge,
                 const routing::Decision& decision)
    : exchange_{exchange}, backend_{backend}, charge_{std::move(charge)}, decision_{decision} {}

Attempt::~Attempt() {
    if (indexed_ && !proven_) exchange_.worker.shared.index.undo(added_, exchange_.facts.blocks);
}

void Attempt::sent() {
    if (indexed_ || exchange_.facts.blocks.empty()) return;
    added_ = exchange_.worker.shared.index.insert(backend_.slot, exchange_.facts.blocks);
    indexed_ = true;
}

void Attempt::first_byte() {
    proven_ = exchange_.record.status < 400;
    charge_.first_byte();
}

Error connect_error(const Exchange& exchange, const Error& from) {
    const bool late = from.code() == ErrorCode::connect_timeout && exchange.overdue();
    return late ? Error{ErrorCode::total_timeout} : from;
}

}  // namespace penstock::proxy
