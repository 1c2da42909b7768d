#include "attempt.h"

#include <algorithm>
#include <cmath>

#include "blame.h"

namespace penstock::proxy {

namespace {

constexpr float k_estimate_most = 1e6F;  // seconds

float seconds(Clock::duration time) noexcept {
    return std::chrono::duration<float>(time).count();
}

}  // namespace

Attempt::Attempt(Exchange& exchange, Pick pick)
    : exchange_{exchange},
      backend_{*pick.backend},
      charge_{std::move(pick.charge)},
      decision_{pick.decision},
      work_tokens_{pick.work_tokens},
      prefill_s_{pick.prefill_s},
      batch_{pick.batch},
      adapter_{pick.adapter},
      own_share_{pick.own_share},
      prefilled_timer_{exchange.worker.loop} {
    if (exchange_.adapter_listed) note_adapter();
}

Attempt::~Attempt() {
    if (proven_) return;
    drop_adapter_belief();
    if (indexed_) exchange_.worker.shared.index.undo(added_, exchange_.facts.blocks);
    settle_session();
}

void Attempt::failed(ErrorCode why) {
    failed_ = true;
    if (why == ErrorCode::total_timeout) return;
    backend_failed(exchange_, backend_, why);
}

// What belongs to a new session may come while its first request is still unanswered.
void Attempt::sent() {
    sent_at_ = exchange_.worker.loop.now();
    if (!exchange_.session.home) remember_session(exchange_, backend_.slot);
    // An answer in one piece comes long after its first token: its prompt waits as long as such a
    // prompt should.
    if (!exchange_.facts.stream) {
        const float millis = 1000 * std::min(prefill_s_, k_estimate_most);
        prefilled_timer_.set(Millis{static_cast<Millis::rep>(millis)}, prefilled_hook_);
    }
    if (indexed_ || exchange_.facts.blocks.empty()) return;
    added_ = exchange_.worker.shared.index.insert(backend_.slot, exchange_.facts.blocks);
    indexed_ = true;
}

void Attempt::first_byte() {
    proven_ = exchange_.record.status < 400;
    if (!proven_) return;
    remember_session(exchange_, backend_.slot);
    note_adapter();
}

void Attempt::first_token() {
    charge_.prefilled();
    prefilled_timer_.clear();
    first_token_at_ = exchange_.worker.loop.now();
    prefilled_then_ = cell().prompt_tokens_finished.load(std::memory_order_relaxed);
}

void Attempt::prefilled() noexcept {
    charge_.prefilled();
}

// A session that its home has failed may try another: else it would fail for as long as that goes
// on. A client that gave up, or was told that its request is wrong, says nothing against the home.
void Attempt::settle_session() const noexcept {
    const bool blamed = failed_ || exchange_.record.status >= 500;
    if (blamed || !exchange_.session.home) forget_session(exchange_, backend_.slot);
}

// At the pick, so that the next request of a burst finds it on its way, but not on a client's word
// alone, which could push out what is really there. And where it has answered: whatever another
// request has taken back since.
void Attempt::note_adapter() noexcept {
    if (exchange_.adapter == 0) return;
    exchange_.worker.shared.adapters.note(backend_.slot, exchange_.adapter,
                                          exchange_.worker.loop.now());
}

// Who fails or does not have it must not look the better for having been asked.
void Attempt::drop_adapter_belief() noexcept {
    if (!exchange_.adapter_listed || adapter_ == fleet::AdapterRoom::loaded) return;
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
    const double share = std::min(
        1.0, static_cast<double>(usage.cached_tokens) / static_cast<double>(usage.prompt_tokens));
    const double bytes = share * static_cast<double>(exchange_.facts.prompt_bytes);
    const double blocks =
        k_uneven * bytes / static_cast<double>(exchange_.pool->balance.block_size.count);
    exchange_.worker.shared.index.correct(added_, exchange_.facts.blocks,
                                          static_cast<std::size_t>(std::ceil(blocks)));
}

void Attempt::complete(const Course& course) {
    const telemetry::RequestRecord& record = exchange_.record;
    if (record.status != 200 || exchange_.pool == nullptr) return;
    // An engine that tells what it evicts is not guessed at, as long as it is heard.
    if (!tell_served()) correct_belief();
    learn_habit();
    // An answer in one piece does not show when its first token came.
    if (!record.stream || first_token_at_ == TimePoint{} || sent_at_ == TimePoint{}) return;
    learn_speed(course);
}

void Attempt::learn_habit() const {
    const telemetry::RequestRecord& record = exchange_.record;
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
}

void Attempt::learn_speed(const Course& course) const {
    const std::uint64_t tokens = exchange_.record.output_tokens;
    fleet::Observation seen{.slot = backend_.slot,
                            .work_tokens = work_tokens_,
                            .first_token_s = seconds(first_token_at_ - sent_at_),
                            .adapter = adapter_,
                            .own_share = own_share_};
    constexpr std::uint64_t k_tokens_least = 8;  // fewer say little of the time between them
    // What an engine generates while its client does not read comes all at once.
    if (tokens >= k_tokens_least && !course.client_waited) {
        const auto gaps = static_cast<float>(tokens - 1);
        const auto now =
            static_cast<float>(exchange_.worker.shared.counters.in_flight(backend_.slot));
        seen.batch = (batch_ + now) / 2;
        seen.gap_s = seconds(course.last_chunk - first_token_at_) / gaps;
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
