// What the traffic came to, in few numbers: for people who look, beside the metrics that are
// stored. Pure. Thread: any.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/units.h"

namespace penstock::telemetry {

/// A backend as metrics name it.
struct BackendName {
    std::string_view pool;
    std::string_view url;
};

/// Tries at one backend that failed.
struct Failures {
    std::uint64_t count = 0;
    std::string last_reason;  // name(ErrorCode); empty: none has failed
    TimePoint last{};
    friend bool operator==(const Failures&, const Failures&) = default;
};

/// Sums since the start.
struct Traffic {
    std::uint64_t requests = 0;  // finished
    std::uint64_t errors = 0;    // of them, those that failed by no fault of their client
    std::vector<std::uint64_t> first_token;  // streams by the bucket of their time to first token
    std::map<std::string, std::map<std::string, Failures>> failures;  // by pool and backend's URL

    /// Null: none.
    [[nodiscard]] const Failures* of(std::string_view pool, std::string_view url) const;
};

/// What came in a span of time.
struct TrafficSpan {
    double seconds = 0;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    std::optional<double> first_token_p50;  // seconds; unset: no stream had a first token
    std::optional<double> first_token_p95;
};

/// Remembers the sums of the last minute.
class RecentTraffic {
public:
    /// How often `note` is to be called.
    static constexpr Millis k_step{5'000};
    /// What is told is not much older.
    static constexpr Millis k_span{60'000};

    /// The sums at this moment. The first call is the start.
    void note(TimePoint now, Traffic sums);

    /// Since the oldest moment that is remembered.
    [[nodiscard]] TrafficSpan span(TimePoint now, const Traffic& sums) const;
    /// Failures of this backend in that time.
    [[nodiscard]] std::uint64_t failures(const BackendName& backend, const Traffic& sums) const;

private:
    struct Noted {
        TimePoint at;
        Traffic sums;
    };
    std::deque<Noted> noted_;  // oldest first
};

}  // namespace penstock::telemetry
