#include "penstock/fleet/cache_use.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

// Fewer say little: prompts count there when they begin, and here when they have ended.
constexpr double k_tokens_least = 65'536;
constexpr std::uint32_t k_answers_least = 128;
constexpr double k_own_least = 0.8;       // of the prompts there, and the other way round
constexpr double k_believed_least = 0.1;  // of ours
constexpr double k_found_least = 0.02;    // of what was asked for, or believed
constexpr std::uint32_t k_misses = 2;

}  // namespace

void CacheUse::served(double prompt_tokens, double believed) noexcept {
    if (prompt_tokens <= 0) return;
    ++answers_;
    prompt_tokens_ += prompt_tokens;
    believed_ += std::min(believed, prompt_tokens);
}

void CacheUse::see(const LoadSample& now) noexcept {
    if (!now.cache_queries || !now.cache_hits) return;
    const bool begun = queries_.has_value();
    if (begun && (prompt_tokens_ < k_tokens_least || answers_ < k_answers_least)) return;
    if (begun) compare(*now.cache_queries - *queries_, *now.cache_hits - *hits_, now);
    queries_ = now.cache_queries;
    hits_ = now.cache_hits;
    answers_ = 0;
    prompt_tokens_ = believed_ = 0;
}

void CacheUse::compare(double asked, double found, const LoadSample& now) noexcept {
    // Whoever found it.
    if (found > 0 && found >= k_found_least * asked) misses_ = 0;
    // An engine whose cache is off counts nobody who asks for it (vLLM). One that has counted, and
    // now counts less than has ended here, has counted these before.
    const bool counts_nobody = *now.cache_queries <= 0;
    const bool alike =
        asked >= k_own_least * prompt_tokens_ && prompt_tokens_ >= k_own_least * asked;
    if (!alike && !counts_nobody) return;
    if (believed_ < k_believed_least * prompt_tokens_) return;
    if (found < k_found_least * believed_) ++misses_;
}

bool CacheUse::off() const noexcept {
    return misses_ >= k_misses;
}

}  // namespace penstock::fleet
