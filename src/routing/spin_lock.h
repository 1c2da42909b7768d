// A lock for a few instructions' time.
#pragma once

#include <atomic>

namespace penstock::routing {

/// Held for a look-up or an insertion: some microseconds at most, so waiting by spinning is cheaper
/// than sleeping.
class SpinLock {
public:
    void lock() noexcept {
        while (taken_.exchange(true, std::memory_order_acquire)) {
            while (taken_.load(std::memory_order_relaxed)) {
            }
        }
    }
    void unlock() noexcept { taken_.store(false, std::memory_order_release); }

private:
    std::atomic<bool> taken_{false};
};

}  // namespace penstock::routing
