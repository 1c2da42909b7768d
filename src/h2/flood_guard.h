// How much a peer may ask of one connection before it is told to calm down. Counts what nghttp2
// lets through: streams that must be reset, frames that carry nothing, control frames that want
// answers or are dear. Pure: time comes in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "frame_scanner.h"
#include "penstock/base/units.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::h2 {

/// So many at once, and so many a second over time.
class TokenBucket {
public:
    TokenBucket(std::uint32_t burst, std::uint32_t per_second) noexcept
        : burst_{static_cast<double>(burst)},
          per_second_{static_cast<double>(per_second)},
          left_{burst_} {}
    /// False: there are none left, or not so much of one.
    [[nodiscard]] bool take(TimePoint now, double cost = 1) noexcept;
    /// One more may be taken.
    void give_back() noexcept { left_ = std::min(burst_, left_ + 1); }

private:
    double burst_;
    double per_second_;
    double left_;
    TimePoint at_{};
};

/// A burst of each, and what comes back per second.
struct FloodLimits {
    std::uint32_t resets_burst;
    std::uint32_t resets_per_second;
    std::uint32_t errors_burst;
    std::uint32_t errors_per_second;
    std::uint32_t control_burst;
    std::uint32_t control_per_second;
    std::uint32_t useless_frames;  // in a row
};

/// What an error of nghttp2's own judgement is counted as.
[[nodiscard]] telemetry::Http2Refusal refusal_of(int nghttp2_error) noexcept;

class FloodGuard {
public:
    using Verdict = std::optional<telemetry::Http2Refusal>;

    explicit FloodGuard(const FloodLimits& limits) noexcept;

    /// A frame begins to come in.
    [[nodiscard]] Verdict frame(const FrameHeader& frame, TimePoint now) noexcept;
    /// Bytes of a body came in, without padding.
    void payload(std::size_t bytes) noexcept;
    /// A frame that came for nothing.
    [[nodiscard]] Verdict useless() noexcept;
    /// A PING of ours went out: one answer to it is expected.
    void ping_sent() noexcept { ++pings_out_; }
    /// A DATA frame of ours went out: the peer may answer it with a few WINDOW_UPDATEs, and with a
    /// PING that measures how long it took (as gRPC does).
    void data_sent() noexcept;
    /// We had to reset a stream because of what the peer did on it.
    [[nodiscard]] Verdict stream_error(TimePoint now) noexcept;
    /// We had to refuse a stream of a peer that has more of them open than it may.
    [[nodiscard]] Verdict stream_refused(TimePoint now) noexcept;

private:
    [[nodiscard]] Verdict data_frame(const FrameHeader& frame) noexcept;
    [[nodiscard]] Verdict control_frame(const FrameHeader& frame, TimePoint now) noexcept;

    std::uint32_t useless_max_;
    TokenBucket resets_;
    TokenBucket errors_;
    TokenBucket control_;
    std::uint32_t useless_ = 0;
    std::uint32_t pings_out_ = 0;    // of ours, not answered
    std::uint32_t empty_ = 0;        // DATA frames without a byte, in a row
    std::uint64_t data_bytes_ = 0;   // with padding
    std::uint64_t data_useful_ = 0;  // without
};

}  // namespace penstock::h2
