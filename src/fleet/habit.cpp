#include "penstock/fleet/habit.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

constexpr float k_weight = 0.05F;  // of what a new request shows
constexpr float k_bytes_least = 0.5F;
constexpr float k_bytes_most = 32;

void follow(float& value, float seen) noexcept {
    value += k_weight * (seen - value);
}

}  // namespace

void Habit::learn(float bytes, float prompt, float uncached, float output) noexcept {
    if (bytes > 0 && prompt > 0)
        follow(bytes_per_token, std::clamp(bytes / prompt, k_bytes_least, k_bytes_most));
    if (uncached > 0) follow(uncached_tokens, uncached);
    if (output > 0) follow(output_tokens, output);
}

}  // namespace penstock::fleet
