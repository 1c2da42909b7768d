// How much a peer may ask of one connection before it is told to calm down. Counts what nghttp2
// lets through: streams that must be reset, frames that carry nothing, control frames that want
// answers. Pure: time comes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "frame_scanner.h"
#include "penstock/base/units.h"
#include "penstock/h2/server.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::h2 {

/// So many at once, and so many a second over time.
class TokenBucket {
public:
    TokenBucket(std::uint32_t burst, std::uint32_t per_second) noexcept
        : burst_{static_cast<double>(burst)},
          per_second_{static_cast<double>(per_second)},
          left_{burst_} {}
    /// False: there are none left.
    [[nodiscard]] bool take(TimePoint now) noexcept;

private:
    double burst_;
    double per_second_;
    double left_;
    TimePoint at_{};
};

class FloodGuard {
public:
    using Verdict = std::optional<telemetry::Http2Refusal>;

    explicit FloodGuard(const ServerLimits& limits) noexcept;

    /// A frame begins to come in.
    [[nodiscard]] Verdict frame(const FrameHeader& frame, TimePoint now) noexcept;
    /// Bytes of a body came in, without padding.
    void payload(std::size_t bytes) noexcept;
    /// A DATA frame of ours went out: the peer may answer it with a few WINDOW_UPDATEs.
    void data_sent() noexcept;
    /// We had to reset a stream because of what the peer did on it.
    [[nodiscard]] Verdict stream_error(TimePoint now) noexcept;

private:
    [[nodiscard]] Verdict data_frame(const FrameHeader& frame) noexcept;
    [[nodiscard]] Verdict useless() noexcept;

    std::uint32_t useless_max_;
    TokenBucket resets_;
    TokenBucket errors_;
    TokenBucket control_;
    std::uint32_t useless_ = 0;
    std::uint32_t empty_ = 0;        // DATA frames without a byte, in a row
    std::uint64_t data_bytes_ = 0;   // with padding
    std::uint64_t data_useful_ = 0;  // without
};

}  // namespace penstock::h2
