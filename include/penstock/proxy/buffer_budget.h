// How many bytes of request bodies and large heads the process may hold at once.
#pragma once

#include <atomic>
#include <cstdint>

namespace penstock::proxy {

/// Thread: any.
class BufferBudget {
public:
    explicit BufferBudget(std::uint64_t limit) noexcept : limit_{limit} {}

    /// False, and nothing taken, when `bytes` more would be too much.
    [[nodiscard]] bool take(std::uint64_t bytes) noexcept {
        const std::uint64_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
        if (before + bytes <= limit_.load(std::memory_order_relaxed)) return true;
        give_back(bytes);
        return false;
    }
    void give_back(std::uint64_t bytes) noexcept {
        used_.fetch_sub(bytes, std::memory_order_relaxed);
    }
    void set_limit(std::uint64_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t used() const noexcept {
        return used_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> used_{0};
    std::atomic<std::uint64_t> limit_;
};

/// A share of one request: grows with its body, given back at its end.
class BufferShare {
public:
    explicit BufferShare(BufferBudget& budget) noexcept : budget_{budget} {}
    ~BufferShare() { clear(); }
    BufferShare(const BufferShare&) = delete;
    BufferShare& operator=(const BufferShare&) = delete;

    [[nodiscard]] bool grow_to(std::uint64_t bytes) noexcept {
        if (bytes <= held_) return true;
        if (!budget_.take(bytes - held_)) return false;
        held_ = bytes;
        return true;
    }
    void clear() noexcept {
        budget_.give_back(held_);
        held_ = 0;
    }

private:
    BufferBudget& budget_;
    std::uint64_t held_ = 0;
};

}  // namespace penstock::proxy
