#include "attempt.h"

#include <cmath>

namespace penstock::proxy {

Attempt::Attempt(Exchange& exchange, Pick pick)
    : exchange_{exchange},
      backend_{*pick.backend},
      charge_{std::move(pick.charge)},
      decision_{pick.decision},
      work_tokens_{pick.work_tokens},
      batch_{pick.batch},
      adapter_{pick.adapter} {}

Attempt::~Attempt() {
    if (indexed_ && !proven_) exchange_.worker.shared.index.undo(added_, exchange_.facts.blocks);
}

void Attempt::sent() {
    sent_at_ = exchange_.worker.loop.now();
    remember_session(exchange_, backend_.slot);
    if (indexed_ || exchange_.facts.blocks.empty()) return;
    added_ = exchange_.worker.shared.index.insert(backend_.slot, exchange_.facts.blocks);
    indexed_ = true;
}

void Attempt::first_byte() {
    proven_ = exchange_.record.status < 400;
    if (!proven_) drop_adapter_belief();
    charge_.first_byte();
    first_byte_at_ = exchange_.worker.loop.now();
    prefilled_then_ = cell().prompt_tokens_finished.load(std::memory_order_relaxed);
}

// Who does not have the adapter says so at once: it must not look the better for it.
void Attempt::drop_adapter_belief() noexcept {
    if (adapter_ == fleet::AdapterRoom::none || adapter_ == fleet::AdapterRoom::loaded) return;
    exchange_.worker.shared.adapters.forget(backend_.slot, exchange_.adapter);
}

fleet::CounterSlab::Cell& Attempt::cell() const noexcept {
    return exchange_.worker.shared.counters[backend_.slot];
}

// Engines evict as they use: what was missing of this prompt tells what else is gone.
void Attempt::correct_belief() const {
    const engine::Usage usage = exchange_.observer.usage();
    if (!indexed_ || !usage.cached_told || usage.prompt_tokens == 0) return;
    // Tokens are not equally long all over a prompt: a little less than was believed is no news.
    constexpr double k_uneven = 1.25;
    const double share =
        static_cast<double>(usage.cached_tokens) / static_cast<double>(usage.prompt_tokens);
    const double bytes = share * static_cast<double>(exchange_.facts.prompt_bytes);
    const double blocks =
        k_uneven * bytes / static_cast<double>(exchange_.pool->balance.block_size.count);
    exchange_.worker.shared.index.correct(added_, exchange_.facts.blocks,
                                          static_cast<std::size_t>(std::ceil(blocks)));
}

void Attempt::complete() {
    const telemetry::RequestRecord& record = exchange_.record;
    if (record.status != 200 || exchange_.pool == nullptr) return;
    // An engine that tells what it evicts is not guessed at, as long as it is heard.
    if (!tell_served()) correct_belief();
    fleet::Habit& habit = exchange_.worker.habits.of(exchange_.pool->name, exchange_.facts.model);
    const bool told = record.prompt_tokens > 0;
    if (fleet::PromptSums* sums = exchange_.worker.shared.prompt_sums; sums != nullptr && told) {
        sums->add(backend_.slot, exchange_.facts.prompt_bytes, record.prompt_tokens);
    }
    const auto uncached = static_cast<float>(record.prompt_tokens) -
                          static_cast<float>(std::min(record.cached_tokens, record.prompt_tokens));
    habit.learn(told ? static_cast<float>(exchange_.facts.prompt_bytes) : 0.0F,
                static_cast<float>(record.prompt_tokens), told ? std::max(uncached, 1.0F) : 0.0F,
                static_cast<float>(record.output_tokens));
    // An answer in one piece does not show when its first token came.
    if (!record.stream || first_byte_at_ == TimePoint{} || sent_at_ == TimePoint{}) return;
    const auto seconds = [](Clock::duration time) {
        return std::chrono::duration<float>(time).count();
    };
    fleet::Observation seen{.slot = backend_.slot,
                            .work_tokens = work_tokens_,
                            .first_token_s = seconds(first_byte_at_ - sent_at_),
                            .adapter = adapter_};
    constexpr std::uint64_t k_tokens_least = 8;  // fewer say little of the time between them
    if (record.output_tokens >= k_tokens_least) {
        const auto gaps = static_cast<float>(record.output_tokens - 1);
        const auto now =
            static_cast<float>(exchange_.worker.shared.counters.in_flight(backend_.slot));
        seen.batch = (batch_ + now) / 2;
        seen.gap_s = seconds(exchange_.worker.loop.now() - first_byte_at_) / gaps;
        seen.beside_tokens =
            static_cast<float>(cell().prompt_tokens_finished.load(std::memory_order_relaxed) -
                               prefilled_then_) /
            gaps;
    }
    exchange_.worker.observations.add(seen);
}

// For who follows the engine's own word of what it holds. False: nobody hears it.
bool Attempt::tell_served() const {
    const engine::RequestFacts& facts = exchange_.facts;
    const auto& report = exchange_.worker.shared.report_prompt;
    if (!backend_.tells_blocks || !report || facts.blocks.empty()) return false;
    const telemetry::RequestRecord& record = exchange_.record;
    return report(
        {.slot = backend_.slot,
         .blocks = facts.blocks,
         .block_bytes = static_cast<std::uint32_t>(exchange_.pool->balance.block_size.count),
         .bytes = facts.prompt_bytes,
         .tokens = static_cast<std::uint32_t>(record.prompt_tokens),
         .cached_tokens = static_cast<std::uint32_t>(record.cached_tokens),
         .sent = sent_at_,
         .ended = exchange_.worker.loop.now()});
}

Error connect_error(const Exchange& exchange, const Error& from) {
    // A TLS handshake that was not given more time has failed for want of it.
    const bool timed =
        from.code() == ErrorCode::connect_timeout || from.code() == ErrorCode::tls_handshake_failed;
    const bool late = timed && exchange.overdue();
    return late ? Error{ErrorCode::total_timeout} : from;
}

}  // namespace penstock::proxy
