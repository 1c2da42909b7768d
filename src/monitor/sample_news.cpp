#include "sample_news.h"

#include <cmath>

namespace penstock::monitor {

namespace {

// Some exporters compute the start from uptime at each scrape, which wobbles.
constexpr double k_start_wobble_seconds = 1.5;

bool fell(const std::optional<double>& before, const std::optional<double>& now) noexcept {
    return before && now && *now < *before;
}

}  // namespace

SampleNews compare(const std::optional<fleet::LoadSample>& before,
                   const fleet::LoadSample& now) noexcept {
    SampleNews news;
    const auto known = before ? before->kv_tokens : std::nullopt;
    if (now.kv_tokens && now.kv_tokens != known) news.capacity = now.kv_tokens;
    if (!before) return news;
    const bool other_start =
        before->start_time && now.start_time &&
        std::abs(*now.start_time - *before->start_time) > k_start_wobble_seconds;
    news.restarted = other_start || fell(before->cache_queries, now.cache_queries) ||
                     fell(before->cache_hits, now.cache_hits);
    return news;
}

}  // namespace penstock::monitor
