// What the machine allows.
#pragma once

#include <cstdint>

namespace penstock::app {

/// Raises RLIMIT_NOFILE to its hard limit; returns it.
std::uint64_t raise_file_limit() noexcept;
/// Cores this process may use, by affinity and cgroup quota; at least 1.
[[nodiscard]] std::uint32_t usable_cores();
/// min(1 GiB, a quarter of the cgroup's memory limit, or of the machine's memory).
[[nodiscard]] std::uint64_t default_buffer_budget();

}  // namespace penstock::app
