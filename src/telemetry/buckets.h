// The histograms' buckets: upper bounds in microseconds, inclusive, ascending.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace penstock::telemetry {

using Buckets = std::span<const std::uint32_t>;

/// 1 ms to 60 s: from a cached prompt on a small model to a long prompt behind a queue.
inline constexpr std::array<std::uint32_t, 20> k_first_token_buckets{
    1'000,     5'000,     10'000,     20'000,     50'000,     100'000,   200'000,
    300'000,   500'000,   750'000,    1'000'000,  1'500'000,  2'000'000, 3'000'000,
    5'000'000, 7'500'000, 10'000'000, 20'000'000, 30'000'000, 60'000'000};

/// 1 ms to 5 s: dense between 5 and 100 ms, where people begin to see words halt.
inline constexpr std::array<std::uint32_t, 19> k_inter_token_buckets{
    1'000,  2'500,  5'000,   7'500,   10'000,  15'000,  20'000,    25'000,    30'000,   40'000,
    50'000, 75'000, 100'000, 150'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000};

/// 5 ms to 10 min: from an embedding to a long generation.
inline constexpr std::array<std::uint32_t, 17> k_duration_buckets{
    5'000,      10'000,     25'000,      50'000,      100'000,    250'000,
    500'000,    1'000'000,  2'500'000,   5'000'000,   10'000'000, 20'000'000,
    30'000'000, 60'000'000, 120'000'000, 300'000'000, 600'000'000};

/// 10 us to 1 s: an inspection takes 20 to 25 us for 32 KB; what is slower waited for a core.
inline constexpr std::array<std::uint32_t, 14> k_added_latency_buckets{
    10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 250'000, 1'000'000};

/// Microseconds as seconds with all their digits and no more: "0.0025", "60".
[[nodiscard]] std::string seconds_text(std::uint32_t micros);

}  // namespace penstock::telemetry
