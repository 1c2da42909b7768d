// The files that a configuration consists of and names.
#pragma once

#include <string>

#include "penstock/base/error.h"

namespace penstock::app {

inline constexpr std::size_t k_file_bytes = std::size_t{1} << 20U;

/// The bytes of a regular file of at most `k_file_bytes`. Errors: io_failed with the system's
/// words.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path);

}  // namespace penstock::app
