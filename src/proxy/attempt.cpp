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

Task<Result<std::unique_ptr<http::ClientStream>>> connect(const Exchange& exchange,
                                                          const Attempt& attempt) {
    Result<std::unique_ptr<http::ClientStream>> stream =
        co_await exchange.worker.pools.connect(attempt.backend(), exchange.deadline());
    const bool late = !stream && stream.error().code() == ErrorCode::connect_timeout;
    if (late && exchange.overdue()) co_return Error{ErrorCode::total_timeout};
    co_return std::move(stream);
}

}  // namespace penstock::proxy
