#include "simulation_source.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "commands.h"
#include "penstock/sim/trace.h"
#include "penstock/sim/trace_writer.h"
#include "penstock/sim/workload.h"

namespace penstock::app {

namespace {

constexpr std::uint64_t k_told_lines_max = 10;  // bad lines of a trace that are told one by one

Error invalid(std::string sentence) {
    return {ErrorCode::invalid_value, std::move(sentence)};
}

/// Tells what is wrong with single lines, once and not for each run.
class BadLines {
public:
    BadLines(std::string file, bool tell) : file_{std::move(file)}, tell_{tell} {}
    ~BadLines() {
        if (tell_ && count_ > k_told_lines_max) {
            std::fprintf(stderr, "penstock: %s: %llu bad lines in all\n", file_.c_str(),
                         static_cast<unsigned long long>(count_));
        }
    }
    BadLines(const BadLines&) = delete;
    BadLines& operator=(const BadLines&) = delete;

    void operator()(std::uint64_t number, const std::string& why) {
        if (tell_ && ++count_ <= k_told_lines_max) {
            std::fprintf(stderr, "penstock: %s:%llu: %s; left out\n", file_.c_str(),
                         static_cast<unsigned long long>(number), why.c_str());
        }
    }

private:
    std::string file_;
    bool tell_;
    std::uint64_t count_ = 0;
};

Result<Source> open_trace(const Simulation& simulation, std::uint64_t seed, bool tell) {
    auto file = std::make_shared<std::ifstream>(simulation.trace, std::ios::binary);
    std::string first;
    if (!*file || !std::getline(*file, first)) {
        const bool empty = file->eof() && !file->bad();
        return Error{ErrorCode::io_failed, "cannot read " + simulation.trace + ": " +
                                               (empty ? "it is empty" : std::strerror(errno))};
    }
    file->seekg(0);
    const sim::LineReader lines = [file](std::string& line) {
        return static_cast<bool>(std::getline(*file, line));
    };
    const sim::TraceOptions options{.speed = simulation.speed,
                                    .limit = simulation.requests,
                                    .seed = seed,
                                    .block_tokens = sim::trace_block_tokens(first)};
    auto told = std::make_shared<BadLines>(simulation.trace, tell);
    const sim::BadLine bad = [told](std::uint64_t number, const std::string& why) {
        (*told)(number, why);
    };
    if (sim::is_access_log(first)) {
        return Source{std::make_unique<sim::AccessLogTrace>(lines, options, bad)};
    }
    return Source{std::make_unique<sim::MooncakeTrace>(lines, options, bad)};
}

}  // namespace

Result<Source> open_source(const Simulation& simulation, std::uint64_t seed, bool tell) {
    if (!simulation.trace.empty()) return open_trace(simulation, seed, tell);
    const sim::WorkloadKind* kind = sim::find_workload(simulation.workload);
    if (kind == nullptr) {
        return invalid("there is no workload \"" + simulation.workload + "\"; see --help");
    }
    return sim::make_workload(
        *kind, {.engines = simulation.engines,
                .speed = simulation.speed,
                .requests = simulation.requests > 0 ? simulation.requests : k_made_requests,
                .seed = seed});
}

Result<std::uint64_t> export_requests(const Simulation& simulation, const std::string& path) {
    auto source = open_source(simulation, simulation.seed, true);
    if (!source) return source.error();
    if (const Result<void> writable = check_writable(path); !writable) return writable.error();
    std::ofstream file{path, std::ios::binary};
    sim::TraceWriter writer{(*source)->block_tokens()};
    std::uint64_t count = 0;
    for (sim::SimRequest request; (*source)->next(request); ++count) file << writer.line(request);
    file.close();
    if (!file) {
        return Error{ErrorCode::io_failed, "cannot write " + path + ": " + std::strerror(errno)};
    }
    return count;
}

}  // namespace penstock::app
