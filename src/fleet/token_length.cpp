#include "penstock/fleet/token_length.h"

#include <algorithm>
#include <cmath>

namespace penstock::fleet {

namespace {

constexpr std::uint64_t k_bytes_most = 32;
constexpr std::uint64_t k_tokens_per_byte_most = 2;
constexpr double k_weight = 0.25;  // of what the latest prompts show
constexpr double k_change = 0.25;

}  // namespace

void PromptSums::add(Slot slot, std::uint64_t bytes, std::uint64_t tokens) noexcept {
    const std::uint64_t least = bytes / k_bytes_most;
    const std::uint64_t most = bytes * k_tokens_per_byte_most;
    cells_[slot].bytes.fetch_add(bytes, std::memory_order_relaxed);
    // Last, and read first: who sees the tokens sees their bytes.
    cells_[slot].tokens.fetch_add(std::clamp(tokens, least, most), std::memory_order_release);
}

PromptSums::Sum PromptSums::of(Slot slot) const noexcept {
    const std::uint64_t tokens = cells_[slot].tokens.load(std::memory_order_acquire);
    return {.bytes = cells_[slot].bytes.load(std::memory_order_relaxed), .tokens = tokens};
}

bool TokenLength::learn(const PromptSums::Sum& sum) noexcept {
    const std::uint64_t tokens = sum.tokens - seen_.tokens;
    if (tokens < k_tokens_least) return false;
    const double shown =
        std::min(static_cast<double>(sum.bytes - seen_.bytes) / static_cast<double>(tokens),
                 static_cast<double>(k_bytes_most));
    seen_ = sum;
    shown_ = shown_ > 0 ? shown_ + k_weight * (shown - shown_) : shown;
    if (std::abs(shown_ / used_ - 1) <= k_change) return false;
    used_ = shown_;
    return true;
}

}  // namespace penstock::fleet
