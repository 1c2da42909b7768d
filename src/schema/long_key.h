// Keys with so many parts that the TOML library could not take them.
#pragma once

#include <string_view>

#include "penstock/schema/document.h"

namespace penstock::schema {

/// The first dot of the first key in `text` that has more than `k_key_parts` parts; line 0: there
/// is none. Right for every text up to its first syntax error. Complexity: O(text). Thread: any.
[[nodiscard]] Place find_long_key(std::string_view text) noexcept;

}  // namespace penstock::schema
