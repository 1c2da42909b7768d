#include "penstock/fleet/batch_limit.h"

namespace penstock::fleet {

std::optional<double> BatchLimit::see(const LoadSample& now) noexcept {
    constexpr std::uint32_t k_alike = 5;
    constexpr double k_many = 32;  // beside so many a mistake costs little, and a batch seldom ends
    if (now.running_max) return now.running_max;
    if (limit_ && now.running && *now.running > *limit_) limit_.reset();
    const bool waited_for = now.running && *now.running > 0 && now.waiting && *now.waiting > 0;
    if (waited_for && now.running == running_) {
        ++alike_;
    } else {
        alike_ = 1;
        finished_ = now.finished_then;
    }
    running_ = waited_for ? now.running : std::nullopt;
    const bool taken_again = now.finished_then > finished_ || now.running >= k_many;
    if (running_ && alike_ >= k_alike && taken_again) limit_ = running_;
    return limit_;
}

}  // namespace penstock::fleet
