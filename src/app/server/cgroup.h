// What the control groups of this process allow it (cgroups(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace penstock::app {

struct CgroupLimits {
    std::optional<std::uint64_t> memory;  // bytes
    std::optional<double> cores;
    friend bool operator==(const CgroupLimits&, const CgroupLimits&) = default;
};

/// The least of the group that /proc/self/cgroup names and of those above it: each binds. Reads
/// versions 1 and 2, inside and outside of a namespace. `root`: before /proc and /sys, for tests.
[[nodiscard]] CgroupLimits cgroup_limits(const std::string& root = {});

}  // namespace penstock::app
