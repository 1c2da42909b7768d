#include "process.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace penstock::telemetry {

namespace {

std::string read_all(const char* path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

/// Unix time of the machine's start; 0: not told.
double boot_seconds() {
    std::ifstream file{"/proc/stat"};
    std::string word;
    while (file >> word) {
        if (double seconds = 0; word == "btime" && file >> seconds) return seconds;
    }
    return 0;
}

void append_stat(std::vector<Sample>& samples) {
    const auto stat = parse_process_stat(read_all("/proc/self/stat"));
    if (!stat) return;
    const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    samples.push_back({"process_cpu_seconds_total", {}, stat->cpu_ticks / ticks_a_second});
    samples.push_back({"process_threads", {}, stat->threads});
    samples.push_back({"process_resident_memory_bytes",
                       {},
                       stat->resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE))});
    if (const double boot = boot_seconds(); boot > 0) {
        samples.push_back(
            {"process_start_time_seconds", {}, boot + stat->start_ticks / ticks_a_second});
    }
}

void append_descriptors(std::vector<Sample>& samples) {
    std::error_code failed;
    std::int64_t open = 0;
    auto entry = std::filesystem::directory_iterator{"/proc/self/fd", failed};
    while (!failed && entry != std::filesystem::directory_iterator{}) {
        ++open;
        entry.increment(failed);
    }
    // The listing itself holds one open.
    if (!failed) samples.push_back({"process_open_fds", {}, static_cast<double>(open - 1)});
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        samples.push_back({"process_max_fds", {}, static_cast<double>(limit.rlim_cur)});
    }
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
    // Fields are counted from 1 in proc(5); the command, the second, ends with the last ")".
    constexpr std::size_t k_first = 3;
    constexpr std::size_t k_user = 14, k_system = 15, k_threads = 20, k_start = 22, k_resident = 24;
    const std::size_t command_end = line.rfind(')');
    if (command_end == std::string_view::npos) return std::nullopt;

    std::istringstream fields{std::string{line.substr(command_end + 1)}};
    std::string state;
    fields >> state;
    std::array<double, k_resident + 1> values{};
    for (std::size_t at = k_first + 1; at <= k_resident; ++at) fields >> values[at];
    if (!fields) return std::nullopt;
    return ProcessStat{.cpu_ticks = values[k_user] + values[k_system],
                       .threads = values[k_threads],
                       .start_ticks = values[k_start],
                       .resident_pages = values[k_resident]};
}

void append_process_samples(std::vector<Sample>& samples) {
    append_stat(samples);
    append_descriptors(samples);
}

}  // namespace penstock::telemetry
