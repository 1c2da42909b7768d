#include "penstock/fleet/habit.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

constexpr float k_weight = 0.05F;  // of what a new request shows
constexpr float k_bytes_least = 0.5F;
constexpr float k_bytes_most = 32;
constexpr float k_tokens_most = 1 << 20;  // longer than any model's context
// What one request shows counts at most so many times what was believed: honest lengths of one
// model lie within that nearly always, and an engine's nonsense moves the belief by a third.
constexpr float k_step = 8;

void follow(float& value, float seen) noexcept {
    value += k_weight * (seen - value);
}

void follow_tokens(float& value, float seen) noexcept {
    follow(value, std::min({seen, k_step * value, k_tokens_most}));
}

}  // namespace

void Habit::learn(float bytes, float prompt, float uncached, float output) noexcept {
    if (bytes > 0 && prompt > 0)
        follow(bytes_per_token, std::clamp(bytes / prompt, k_bytes_least, k_bytes_most));
    if (uncached > 0) follow_tokens(uncached_tokens, uncached);
    if (output > 0) follow_tokens(output_tokens, output);
}

}  // namespace penstock::fleet
