// The series of one metric family in one worker, by label values.
//
// The worker looks up and adds; a scrape on another thread reads meanwhile. Series are only ever
// added, live in segments that never move, and become visible by the release of `size_` after they
// are whole; so a reader that acquires `size_` may read all below it without a lock. The index for
// looking up belongs to the worker alone. A look-up of a known series allocates nothing: label
// values come as views with their hashes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "penstock/base/hash.h"

namespace penstock::telemetry {

/// A label's value on the way to its series. Hashed once for all families that use it.
struct LabelValue {
    explicit LabelValue(std::string_view value) noexcept : text{value}, hash{hash64(value)} {}
    std::string_view text;
    std::uint64_t hash;
};

/// What stands for every value beyond the bound.
inline constexpr std::string_view k_other = "other";

template <class Cells, std::size_t labels>
class SeriesTable {
public:
    using Values = std::array<LabelValue, labels>;

    struct Series {
        std::uint64_t hash = 0;
        std::array<std::string, labels> values;
        Cells cells;
    };

    /// Own series per worker; whatever comes beyond counts in one more, "other" in each label.
    static constexpr std::size_t k_series_max = 1024;

    SeriesTable() = default;
    SeriesTable(const SeriesTable&) = delete;
    SeriesTable& operator=(const SeriesTable&) = delete;

    /// The cells of these values, made when they are new. The worker.
    [[nodiscard]] Cells& at(const Values& values) {
        const Wanted wanted{values, hash_of(values)};
        if (const auto found = index_.find(wanted); found != index_.end()) return (*found)->cells;
        if (size_.load(std::memory_order_relaxed) < k_series_max) return add(wanted).cells;
        return overflow();
    }

    /// Calls `visit(series)` for each series, oldest first. Any thread.
    template <class Visit>
    void each(Visit visit) const {
        const std::size_t size = size_.load(std::memory_order_acquire);
        for (std::size_t at = 0; at < size; ++at) {
            visit(std::as_const((*segments_[at / k_segment])[at % k_segment]));
        }
    }

    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire);
    }

private:
    static constexpr std::size_t k_segment = 32;
    static constexpr std::size_t k_segments = k_series_max / k_segment + 1;
    using Segment = std::array<Series, k_segment>;

    struct Wanted {
        const Values& values;
        std::uint64_t hash;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const Series* series) const noexcept { return series->hash; }
        std::size_t operator()(const Wanted& wanted) const noexcept { return wanted.hash; }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const Series* a, const Series* b) const noexcept { return a == b; }
        bool operator()(const Wanted& a, const Series* b) const noexcept { return same(a, *b); }
        bool operator()(const Series* a, const Wanted& b) const noexcept { return same(b, *a); }
        static bool same(const Wanted& wanted, const Series& series) noexcept {
            if (wanted.hash != series.hash) return false;
            for (std::size_t at = 0; at < labels; ++at) {
                if (wanted.values[at].text != series.values[at]) return false;
            }
            return true;
        }
    };

    static std::uint64_t hash_of(const Values& values) noexcept {
        constexpr std::uint64_t k_odd = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio: order matters
        std::uint64_t hash = 0;
        for (const LabelValue& value : values) hash = (hash ^ value.hash) * k_odd;
        return hash;
    }

    Series& add(const Wanted& wanted) {
        const std::size_t at = size_.load(std::memory_order_relaxed);
        auto& segment = segments_[at / k_segment];
        if (!segment) segment = std::make_unique<Segment>();
        Series& series = (*segment)[at % k_segment];
        series.hash = wanted.hash;
        for (std::size_t label = 0; label < labels; ++label) {
            series.values[label] = wanted.values[label].text;
        }
        index_.insert(&series);
        size_.store(at + 1, std::memory_order_release);
        return series;
    }

    Cells& overflow() {
        if (overflow_ == nullptr) {
            const LabelValue other{k_other};
            const Values values = fill(other, std::make_index_sequence<labels>{});
            overflow_ = &add(Wanted{values, 0});
        }
        return overflow_->cells;
    }
    template <std::size_t... each>
    static Values fill(const LabelValue& value, std::index_sequence<each...>) noexcept {
        return {((void)each, value)...};
    }

    // Written by the worker before the release of `size_`, never changed after it.
    std::array<std::unique_ptr<Segment>, k_segments> segments_;
    std::atomic<std::size_t> size_{0};
    // The worker's own.
    boost::unordered_flat_set<Series*, Hash, Equal> index_;
    Series* overflow_ = nullptr;
};

}  // namespace penstock::telemetry
