#include "penstock/fleet/cache_use.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

// Fewer say little: prompts count there when they begin, and here when they have ended.
constexpr std::uint64_t k_tokens_least = 65'536;
constexpr std::uint64_t k_answers_least = 128;
constexpr double k_own_least = 0.8;       // of the prompts there, and the other way round
constexpr double k_believed_least = 0.1;  // of ours
constexpr double k_found_least = 0.02;    // of what was asked for, or believed
constexpr std::uint32_t k_misses = 2;

}  // namespace

void CacheUse::see(const LoadSample& sample) noexcept {
    if (!sample.cache_queries || !sample.cache_hits) return;
    const Counts now{*sample.cache_queries, *sample.cache_hits, sample.answered_then};
    if (since_) {
        // Who is under way has been counted there already. As many answers later they are through.
        const std::uint64_t under_way =
            sample.started_then - std::min(sample.finished_then, sample.started_then);
        if (now.ours.answers - since_->ours.answers < std::max(k_answers_least, under_way) ||
            now.ours.prompt_tokens - since_->ours.prompt_tokens < k_tokens_least) {
            return;
        }
        compare(now);
    }
    since_ = now;
}

void CacheUse::compare(const Counts& now) noexcept {
    const double asked = now.queries - since_->queries;
    const double found = now.hits - since_->hits;
    const auto tokens = static_cast<double>(now.ours.prompt_tokens - since_->ours.prompt_tokens);
    const auto believed =
        static_cast<double>(now.ours.believed_tokens - since_->ours.believed_tokens);
    // Whoever found it.
    if (found > 0 && found >= k_found_least * asked) misses_ = 0;
    // An engine whose cache is off counts nobody who asks for it (vLLM). One that has counted, and
    // now counts less than has ended here, has counted these before.
    const bool counts_nobody = now.queries <= 0;
    const bool alike = asked >= k_own_least * tokens && tokens >= k_own_least * asked;
    if (!alike && !counts_nobody) return;
    if (believed < k_believed_least * tokens) return;
    misses_ = found < k_found_least * believed ? misses_ + 1 : 0;
}

bool CacheUse::off() const noexcept {
    return misses_ >= k_misses;
}

}  // namespace penstock::fleet
