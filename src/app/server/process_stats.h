// The process's own numbers, from /proc/self.
#pragma once

namespace penstock::app {

struct ProcessStats {
    double cpu_seconds = 0;
    double resident_bytes = 0;
    double virtual_bytes = 0;
    double open_fds = 0;
    double max_fds = 0;
    double start_time = 0;  // Unix seconds
    double threads = 0;
};

[[nodiscard]] ProcessStats read_process_stats();

}  // namespace penstock::app
