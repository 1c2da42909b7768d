#include "penstock/fleet/batch_limit.h"

namespace penstock::fleet {

std::optional<double> BatchLimit::see(const LoadSample& now) noexcept {
    constexpr std::uint32_t k_alike = 5;
    if (now.running_max) return now.running_max;
    if (limit_ && now.running && *now.running > *limit_) limit_.reset();
    const bool waited_for = now.running && *now.running > 0 && now.waiting && *now.waiting > 0;
    alike_ = waited_for && now.running == running_ ? alike_ + 1 : 1;
    running_ = waited_for ? now.running : std::nullopt;
    if (running_ && alike_ >= k_alike) limit_ = running_;
    return limit_;
}

}  // namespace penstock::fleet
