#include "flood_guard.h"

#include <nghttp2/nghttp2.h>

namespace penstock::h2 {

namespace {

using telemetry::Http2Refusal;

constexpr std::uint32_t k_empty_frames = 10;       // in a row
constexpr std::uint32_t k_updates_per_frame = 10;  // of WINDOW_UPDATE, for a DATA frame of ours
// Of a refused stream in errors: who does not know the limit yet may well ask for hundreds at once.
constexpr double k_refused_cost = 0.125;
constexpr std::uint64_t k_padding_free = 1024 * 1024;
constexpr std::uint64_t k_padding_factor = 8;

}  // namespace

Http2Refusal refusal_of(int nghttp2_error) noexcept {
    switch (nghttp2_error) {
        case NGHTTP2_ERR_FLOODED:
        case NGHTTP2_ERR_TOO_MANY_SETTINGS:
            return Http2Refusal::control_flood;
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
            return Http2Refusal::continuation_flood;
        default:
            return Http2Refusal::protocol_error;
    }
}

bool TokenBucket::take(TimePoint now, double cost) noexcept {
    const std::chrono::duration<double> since = now - at_;
    if (at_ != TimePoint{}) left_ = std::min(burst_, left_ + since.count() * per_second_);
    at_ = now;
    if (left_ < cost) return false;
    left_ -= cost;
    return true;
}

FloodGuard::FloodGuard(const FloodLimits& limits) noexcept
    : useless_max_{limits.useless_frames},
      resets_{limits.resets_burst, limits.resets_per_second},
      errors_{limits.errors_burst, limits.errors_per_second},
      control_{limits.control_burst, limits.control_per_second} {}

FloodGuard::Verdict FloodGuard::frame(const FrameHeader& frame, TimePoint now) noexcept {
    switch (frame.type) {
        case NGHTTP2_HEADERS:
            useless_ = 0;
            return {};
        case NGHTTP2_DATA:
            return data_frame(frame);
        case NGHTTP2_RST_STREAM:
            if (!resets_.take(now)) return Http2Refusal::rapid_reset;
            return {};
        case NGHTTP2_SETTINGS:
        case NGHTTP2_PING:
            return control_frame(frame, now);
        case NGHTTP2_PRIORITY:  // its cost grows with the open streams, whatever else comes
            if (!control_.take(now)) return Http2Refusal::control_flood;
            return {};
        case NGHTTP2_CONTINUATION:
            return {};  // nghttp2 allows eight for a head, and the head's size is bounded
        default:
            return useless();
    }
}

// Whether SETTINGS are acknowledged that were not sent, nghttp2 judges; of PING it does not.
FloodGuard::Verdict FloodGuard::control_frame(const FrameHeader& frame, TimePoint now) noexcept {
    const bool answer = (frame.flags & NGHTTP2_FLAG_ACK) != 0;
    if (!answer && !control_.take(now)) return Http2Refusal::control_flood;
    if (!answer || frame.type == NGHTTP2_SETTINGS) return {};
    if (pings_out_ == 0) return useless();
    --pings_out_;
    return {};
}

FloodGuard::Verdict FloodGuard::data_frame(const FrameHeader& frame) noexcept {
    data_bytes_ += frame.length;
    if (data_bytes_ / k_padding_factor > data_useful_ + k_padding_free)
        return Http2Refusal::useless_frames;
    if (frame.length > 0 || (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        empty_ = 0;
        return {};
    }
    if (++empty_ > k_empty_frames) return Http2Refusal::empty_frames;
    return {};
}

FloodGuard::Verdict FloodGuard::useless() noexcept {
    if (++useless_ > useless_max_) return Http2Refusal::useless_frames;
    return {};
}

void FloodGuard::payload(std::size_t bytes) noexcept {
    data_useful_ += bytes;
    useless_ = 0;
}

void FloodGuard::data_sent() noexcept {
    useless_ -= std::min(useless_, k_updates_per_frame);
    control_.give_back();
}

FloodGuard::Verdict FloodGuard::stream_error(TimePoint now) noexcept {
    if (!errors_.take(now)) return Http2Refusal::stream_errors;
    return {};
}

FloodGuard::Verdict FloodGuard::stream_refused(TimePoint now) noexcept {
    if (!errors_.take(now, k_refused_cost)) return Http2Refusal::stream_errors;
    return {};
}

}  // namespace penstock::h2
