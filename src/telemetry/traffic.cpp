#include "penstock/telemetry/traffic.h"

#include <numeric>
#include <utility>

#include "buckets.h"

namespace penstock::telemetry {

namespace {

/// What was added since; a backend or a worker that is not remembered began at 0.
std::uint64_t added(std::uint64_t now, std::uint64_t then) noexcept {
    return now > then ? now - then : 0;
}

/// Seconds, interpolated within the bucket as Prometheus does. Beyond the last bound: that bound.
std::optional<double> quantile(const std::vector<std::uint64_t>& counts, double share) {
    const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (total == 0) return std::nullopt;
    const double rank = share * static_cast<double>(total);
    double below = 0;
    double lower = 0;
    for (std::size_t at = 0; at < counts.size() && at < k_first_token_buckets.size(); ++at) {
        const double upper = k_first_token_buckets[at] / 1e6;
        const auto here = static_cast<double>(counts[at]);
        if (below + here >= rank && here > 0)
            return lower + (upper - lower) * (rank - below) / here;
        below += here;
        lower = upper;
    }
    return lower;
}

}  // namespace

const Failures* Traffic::of(std::string_view pool, std::string_view url) const {
    const auto by_url = failures.find(std::string{pool});
    if (by_url == failures.end()) return nullptr;
    const auto found = by_url->second.find(std::string{url});
    return found == by_url->second.end() ? nullptr : &found->second;
}

void RecentTraffic::note(TimePoint now, Traffic sums) {
    while (!noted_.empty() && now - noted_.front().at > k_span) noted_.pop_front();
    noted_.push_back({now, std::move(sums)});
}

TrafficSpan RecentTraffic::span(TimePoint now, const Traffic& sums) const {
    if (noted_.empty()) return {};
    const auto& [then, before] = noted_.front();
    std::vector<std::uint64_t> first_token = sums.first_token;
    for (std::size_t at = 0; at < first_token.size() && at < before.first_token.size(); ++at) {
        first_token[at] = added(first_token[at], before.first_token[at]);
    }
    return {.seconds = std::chrono::duration<double>(now - then).count(),
            .requests = added(sums.requests, before.requests),
            .errors = added(sums.errors, before.errors),
            .first_token_p50 = quantile(first_token, 0.5),
            .first_token_p95 = quantile(first_token, 0.95)};
}

std::uint64_t RecentTraffic::failures(const BackendName& backend, const Traffic& sums) const {
    const Failures* now = sums.of(backend.pool, backend.url);
    if (now == nullptr) return 0;
    const Failures* then =
        noted_.empty() ? nullptr : noted_.front().sums.of(backend.pool, backend.url);
    return added(now->count, then == nullptr ? 0 : then->count);
}

}  // namespace penstock::telemetry
