// What a response that came whole teaches: of its backend's cache and speed, and of its model.
#include <algorithm>
#include <cmath>

#include "attempt.h"

namespace penstock::proxy {

namespace {

constexpr std::uint64_t k_prompt_tokens_most = 1U << 22U;  // beyond any context

float seconds(Clock::duration time) noexcept {
    return std::chrono::duration<float>(time).count();
}

}  // namespace

// Engines evict as they use: what was missing of this prompt tells what else is gone.
void Attempt::correct_belief(const engine::Usage& usage) const {
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
    const engine::Usage& usage = exchange_.usage;
    if (!tell_served()) correct_belief(usage);
    count_answer();
    const float uncached = uncached_by(usage);
    learn_habit(uncached);
    // An answer in one piece does not show when its first token came.
    if (!record.stream || first_token_at_ == TimePoint{} || sent_at_ == TimePoint{}) return;
    learn_speed(course, uncached);
}

// A body that only names its model, such as that of /tokenize, says nothing of prompts.
bool Attempt::has_prompt() const noexcept {
    return exchange_.record.prompt_tokens > 0 || exchange_.facts.prompt_bytes > 0;
}

void Attempt::count_answer() const noexcept {
    if (!has_prompt()) return;
    const std::uint64_t told = exchange_.record.prompt_tokens;
    const std::uint64_t tokens = told > 0 ? told : pick_.prompt_tokens;
    cell().count_answer(static_cast<std::uint32_t>(std::min(tokens, k_prompt_tokens_most)),
                        pick_.believed_tokens);
}

void Attempt::learn_habit(float uncached) const {
    const telemetry::RequestRecord& record = exchange_.record;
    fleet::Habit& habit = exchange_.worker.habits.of(exchange_.pool->name, exchange_.facts.model);
    const bool told = record.prompt_tokens > 0;
    if (fleet::PromptSums* sums = exchange_.worker.shared.prompt_sums; sums != nullptr && told) {
        sums->add(backend().slot, exchange_.facts.prompt_bytes, record.prompt_tokens);
    }
    habit.learn(told ? static_cast<float>(exchange_.facts.prompt_bytes) : 0.0F,
                static_cast<float>(record.prompt_tokens), has_prompt() ? uncached : 0.0F,
                static_cast<float>(record.output_tokens));
}

// What was counted on at the pick gives way to what the engine tells.
float Attempt::uncached_by(const engine::Usage& usage) const noexcept {
    if (!usage.cached_told || usage.prompt_tokens == 0) return std::max(1.0F, pick_.own_tokens);
    const std::uint64_t uncached =
        usage.prompt_tokens - std::min(usage.cached_tokens, usage.prompt_tokens);
    return static_cast<float>(std::clamp<std::uint64_t>(uncached, 1, k_prompt_tokens_most));
}

void Attempt::learn_speed(const Course& course, float uncached) const {
    const std::uint64_t tokens = exchange_.record.output_tokens;
    fleet::Observation seen{.slot = backend().slot};
    seen.work_tokens = pick_.tokens_ahead + uncached;
    seen.ahead_tokens = pick_.tokens_ahead;
    seen.first_token_s = seconds(first_token_at_ - sent_at_);
    seen.adapter = pick_.adapter;
    seen.own_share = pick_.own_share;
    constexpr std::uint64_t k_tokens_least = 8;  // fewer say little of the time between them
    // What an engine generates while its client does not read comes all at once.
    if (tokens >= k_tokens_least && !course.client_waited) {
        const auto gaps = static_cast<float>(tokens - 1);
        const auto now =
            static_cast<float>(exchange_.worker.shared.counters.in_flight(backend().slot));
        seen.batch = (pick_.batch + now) / 2;
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
    if (!backend().tells_blocks || !report || facts.blocks.empty()) return false;
    const telemetry::RequestRecord& record = exchange_.record;
    return report(
        {.slot = backend().slot,
         .blocks = facts.blocks,
         .block_bytes = static_cast<std::uint32_t>(exchange_.pool->balance.block_size.count),
         .bytes = facts.prompt_bytes,
         .tokens = static_cast<std::uint32_t>(record.prompt_tokens),
         .cached_tokens = static_cast<std::uint32_t>(record.cached_tokens),
         .sent = sent_at_,
         .ended = exchange_.worker.loop.now()});
}

}  // namespace penstock::proxy
