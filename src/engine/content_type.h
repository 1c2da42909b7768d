// A Content-Type's media type and parameters, as far as inspection needs them. Pure.
#pragma once

#include <string_view>

namespace penstock::engine {

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// True for "multipart/form-data; boundary=…" and type "multipart/form-data"; case does not matter.
[[nodiscard]] bool is_media_type(std::string_view content_type, std::string_view type) noexcept;

/// The value of `key` in `type; key=value; key="value"` (RFC 9110 5.6.6), without quotes; a quoted
/// value's escapes stay. Empty when absent.
[[nodiscard]] std::string_view parameter(std::string_view field, std::string_view key) noexcept;

}  // namespace penstock::engine
