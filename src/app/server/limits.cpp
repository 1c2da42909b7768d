#include "limits.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cgroup.h"

namespace penstock::app {

std::uint64_t raise_file_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::uint32_t usable_cores() {
    std::uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        cores = std::max(1U, static_cast<std::uint32_t>(CPU_COUNT(&set)));
    }
    const double allowed = cgroup_limits().cores.value_or(cores);
    return allowed < cores ? std::max(1U, static_cast<std::uint32_t>(std::lround(allowed))) : cores;
}

std::uint64_t default_buffer_budget() {
    constexpr std::uint64_t k_most = 1ULL << 30U;
    auto memory = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                  static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
    memory = std::min(memory, cgroup_limits().memory.value_or(memory));
    return std::min(k_most, memory / 4);
}

}  // namespace penstock::app
