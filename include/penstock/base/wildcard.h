// Patterns of models, hosts, headers and paths.
#pragma once

#include <string_view>

namespace penstock {

/// `*` stands for any text, also none; everything else for itself. O(pattern x text) at worst.
/// Thread: any.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

/// For paths: `*` stays within a segment, `**` goes over segments; a final `/**` also matches the
/// path before it.
[[nodiscard]] bool matches_path(std::string_view pattern, std::string_view path) noexcept;

}  // namespace penstock
