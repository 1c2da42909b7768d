// One worker's cells. The worker writes, a scrape reads; relaxed, since each cell stands for
// itself. A single writer needs no atomic addition: load, add, store.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "buckets.h"
#include "penstock/base/error.h"
#include "penstock/base/units.h"
#include "penstock/telemetry/metrics.h"
#include "series.h"

namespace penstock::telemetry {

class Counter {
public:
    void add(std::uint64_t by) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t read() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

class Level {
public:
    void change(std::int64_t by) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    [[nodiscard]] std::int64_t read() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::int64_t> value_{0};
};

/// When something was last seen.
class Moment {
public:
    void set(TimePoint at) noexcept {
        value_.store(at.time_since_epoch().count(), std::memory_order_relaxed);
    }
    [[nodiscard]] TimePoint read() const noexcept {
        return TimePoint{Clock::duration{value_.load(std::memory_order_relaxed)}};
    }

private:
    std::atomic<Clock::rep> value_{0};
};

/// Counts per bucket, not cumulative; the last one is for what lies beyond all bounds. A reader
/// derives the total from the counts, so that they always agree.
template <const auto& bounds>
class Histogram {
public:
    static constexpr Buckets k_bounds{bounds};

    void observe(Micros time) noexcept {
        const auto micros = static_cast<std::uint64_t>(std::max<Micros::rep>(time.count(), 0));
        const auto found = std::lower_bound(bounds.begin(), bounds.end(), micros);
        counts_[static_cast<std::size_t>(found - bounds.begin())].add(1);
        sum_.add(micros);
    }
    [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept {
        return counts_[bucket].read();
    }
    [[nodiscard]] double sum_seconds() const noexcept {
        return static_cast<double>(sum_.read()) / 1e6;
    }

private:
    std::array<Counter, bounds.size() + 1> counts_;
    Counter sum_;  // microseconds
};

/// By pool.
struct PoolCells {
    Histogram<k_first_token_buckets> first_token;
    Histogram<k_duration_buckets> duration;
};

/// By pool and model.
struct TokenCells {
    Counter prompt_tokens;
    Counter output_tokens;
    Counter cached_tokens;
    Counter predicted_cached_tokens;
    Counter prefix_blocks;
    Counter predicted_blocks;
};

/// By pool and shadow policy.
struct ShadowCells {
    Counter agreed;
    Counter differed;
    Counter added_us;  // microseconds
    Counter saved_us;
};

/// By pool, backend and reason.
struct FailureCells {
    Counter count;
    Moment last;
};

struct WorkerMetrics::Cells {
    std::array<Counter, k_counts> counts;
    std::array<Level, k_gauges> gauges;
    std::array<Counter, k_error_codes> errors;
    std::array<Counter, k_http2_refusals> http2_refusals;
    std::array<Counter, k_http2_refusals> upstream_http2_refusals;
    std::array<Counter, k_http2_stream_errors> http2_stream_errors;
    std::array<Counter, k_tls_outcomes> handshakes;
    Histogram<k_inter_token_buckets> inter_token;
    Histogram<k_added_latency_buckets> added_latency;
    SeriesTable<Counter, 5> requests;       // pool, route, model, code, outcome
    SeriesTable<Counter, 3> picks;          // pool, backend, reason
    SeriesTable<Counter, 2> sessions;       // pool, outcome
    SeriesTable<PoolCells, 1> pools;        // pool
    SeriesTable<TokenCells, 2> tokens;      // pool, model
    SeriesTable<ShadowCells, 2> shadows;    // pool, policy
    SeriesTable<FailureCells, 3> failures;  // pool, backend, reason
};

}  // namespace penstock::telemetry
