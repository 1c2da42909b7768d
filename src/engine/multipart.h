// The small text parts of a multipart/form-data body (audio uploads): model and stream. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace penstock::engine {

/// Only this much of a multipart body is looked at.
inline constexpr std::size_t k_multipart_window = 64U << 10U;

/// Values of the parts by name, empty when not found in the window. The last of equal names counts.
struct MultipartFields {
    std::string_view model;
    std::string_view stream;
    std::string_view user;
};
/// Linear in the window. A part whose end lies outside the window is not found.
[[nodiscard]] MultipartFields read_multipart(std::string_view content_type,
                                             std::string_view body) noexcept;

}  // namespace penstock::engine
