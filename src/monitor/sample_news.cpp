#include "sample_news.h"

#include <cmath>

namespace penstock::monitor {

namespace {

// Some exporters compute the start from uptime at each scrape, which wobbles.
constexpr double k_start_wobble_seconds = 1.5;

bool fell(const std::optional<double>& before, const std::optional<double>& now) noexcept {
    return before && now && *now < *before;
}

void keep(std::optional<double>& known, const std::optional<double>& now) noexcept {
    if (now) known = now;
}

}  // namespace

SampleNews SampleHistory::take(const fleet::LoadSample& now) noexcept {
    SampleNews news;
    const std::optional<double> tokens = fleet::cache_tokens(now);
    if (tokens && tokens != cache_tokens_) news.capacity = tokens;
    const bool other_start = start_time_ && now.start_time &&
                             std::abs(*now.start_time - *start_time_) > k_start_wobble_seconds;
    const bool anew = counts_anew(now);
    news.restarted = other_start || anew;
    if (news.restarted) {  // what the new process has not told yet is not known
        cache_queries_.reset();
        cache_hits_.reset();
        pages_without_ = 0;
    }
    keep(cache_tokens_, tokens);
    keep(start_time_, now.start_time);
    keep(cache_queries_, now.cache_queries);
    keep(cache_hits_, now.cache_hits);
    return news;
}

bool SampleHistory::counts_anew(const fleet::LoadSample& now) noexcept {
    const bool away = (cache_queries_ && !now.cache_queries) || (cache_hits_ && !now.cache_hits);
    pages_without_ = away ? pages_without_ + 1 : 0;
    return pages_without_ == k_pages_without || fell(cache_queries_, now.cache_queries) ||
           fell(cache_hits_, now.cache_hits);
}

}  // namespace penstock::monitor
