// Units that a plain number would hide.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace penstock {

using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;

/// The monotonic clock of the whole process. Only `net` and `app` read it; the rest is told.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// A size in bytes, as in "64MiB".
struct Bytes {
    std::uint64_t count = 0;
    friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

constexpr Bytes operator""_KiB(unsigned long long n) {
    return Bytes{n << 10U};
}
constexpr Bytes operator""_MiB(unsigned long long n) {
    return Bytes{n << 20U};
}
constexpr Bytes operator""_GiB(unsigned long long n) {
    return Bytes{n << 30U};
}

}  // namespace penstock
