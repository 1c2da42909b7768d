#include "penstock/fleet/cache_use.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

// Fewer say little: prompts are counted when they begin there, and when they have ended here.
constexpr double k_tokens_least = 65'536;
constexpr std::uint32_t k_answers_least = 128;
constexpr double k_own_least = 0.8;       // of the prompts there
constexpr double k_believed_least = 0.1;  // of them, for the comparison to mean anything
constexpr double k_found_least = 0.02;    // of what was believed
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
    // An engine that does not use its cache does not count who asks for it.
    const double asked = begun ? std::max(*now.cache_queries - *queries_, prompt_tokens_) : 0;
    const double found = begun ? *now.cache_hits - *hits_ : 0;
    const bool ours = prompt_tokens_ > 0 && prompt_tokens_ >= k_own_least * asked;
    const bool comparable = ours && believed_ >= k_believed_least * prompt_tokens_;
    if (comparable) {
        const double share = (found / asked) / (believed_ / prompt_tokens_);
        misses_ = share < k_found_least ? misses_ + 1 : 0;
    }
    queries_ = now.cache_queries;
    hits_ = now.cache_hits;
    answers_ = 0;
    prompt_tokens_ = believed_ = 0;
}

bool CacheUse::off() const noexcept {
    return misses_ >= k_misses;
}

}  // namespace penstock::fleet
