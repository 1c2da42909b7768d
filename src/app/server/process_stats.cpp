#include "process_stats.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace penstock::app {

namespace {

/// The fields of /proc/self/stat from the third on: the second, the name, may hold blanks.
std::vector<std::string> stat_fields() {
    std::ifstream file{"/proc/self/stat"};
    std::string line;
    std::getline(file, line);
    const std::size_t end_of_name = line.rfind(')');
    if (end_of_name == std::string::npos) return {};
    std::istringstream rest{line.substr(end_of_name + 1)};
    return {std::istream_iterator<std::string>{rest}, {}};
}

double seconds_by(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Not out of /proc/stat, which is hidden under systemd's ProcSubset=pid. Once, since a start that
/// changes looks like a restart.
double boot_time() {
    static const double time = seconds_by(CLOCK_REALTIME) - seconds_by(CLOCK_BOOTTIME);
    return time;
}

}  // namespace

ProcessStats read_process_stats() {
    // proc(5), counted from field 3 ("state") as 0.
    constexpr std::size_t k_user = 11, k_system = 12, k_threads = 17, k_start = 19, k_virtual = 20,
                          k_resident = 21;
    ProcessStats stats;
    const std::vector<std::string> fields = stat_fields();
    if (fields.size() <= k_resident) return stats;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    stats.cpu_seconds = (std::stod(fields[k_user]) + std::stod(fields[k_system])) / ticks;
    stats.threads = std::stod(fields[k_threads]);
    stats.start_time = boot_time() + std::stod(fields[k_start]) / ticks;
    stats.virtual_bytes = std::stod(fields[k_virtual]);
    stats.resident_bytes =
        std::stod(fields[k_resident]) * static_cast<double>(::sysconf(_SC_PAGE_SIZE));
    std::error_code ignored;
    for (auto entry = std::filesystem::directory_iterator{"/proc/self/fd", ignored};
         entry != std::filesystem::directory_iterator{}; entry.increment(ignored)) {
        ++stats.open_fds;
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        stats.max_fds = static_cast<double>(limit.rlim_cur);
    return stats;
}

}  // namespace penstock::app
