// Durations and sizes as people write them: "250ms", "1m30s", "64MiB". Pure.
#pragma once

#include <string>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/base/units.h"

namespace penstock {

/// Whole numbers with d, h, m, s or ms, largest first, each unit at most once: "1h30m". Also "0".
/// At most `k_duration_max`. Errors: invalid_value with a sentence that says what to write.
[[nodiscard]] Result<Millis> parse_duration(std::string_view text);
inline constexpr Millis k_duration_max{1000LL * 60 * 60 * 24 * 3650};  // ten years

/// The shortest text that `parse_duration` reads back as `duration`; not negative. Zero is "0s".
[[nodiscard]] std::string duration_text(Millis duration);

/// One whole number with B, KiB, MiB, GiB or TiB: "64MiB". Also "0". Errors as above.
[[nodiscard]] Result<Bytes> parse_size(std::string_view text);

/// With the largest unit that divides `size`. Zero is "0B".
[[nodiscard]] std::string size_text(Bytes size);

}  // namespace penstock
