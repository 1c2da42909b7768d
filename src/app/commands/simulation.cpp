#include "simulation.h"

#include <cstdio>
#include <fstream>
#include <memory>

#include <unistd.h>

#include "penstock/sim/trace.h"
#include "penstock/sim/workload.h"

namespace penstock::app {

namespace {

constexpr std::uint64_t k_told_lines_max = 10;  // bad lines of a trace that are told one by one

using Source = std::unique_ptr<sim::RequestSource>;

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
        return Error{ErrorCode::io_failed, "cannot read " + simulation.trace};
    }
    file->seekg(0);
    const sim::LineReader lines = [file](std::string& line) {
        return static_cast<bool>(std::getline(*file, line));
    };
    const sim::TraceOptions options{
        .speed = simulation.speed, .limit = simulation.requests, .seed = seed};
    auto told = std::make_shared<BadLines>(simulation.trace, tell);
    const sim::BadLine bad = [told](std::uint64_t number, const std::string& why) {
        (*told)(number, why);
    };
    if (sim::is_access_log(first)) {
        return Source{std::make_unique<sim::AccessLogTrace>(lines, options, bad)};
    }
    return Source{std::make_unique<sim::MooncakeTrace>(lines, options, bad)};
}

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

/// On a terminal one line that is written over; else nothing.
class Progress {
public:
    explicit Progress(std::size_t runs) : runs_{runs}, shown_{::isatty(STDERR_FILENO) == 1} {}
    ~Progress() {
        if (shown_) std::fputs("\r\033[K", stderr);
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void begin(const std::string& router) {
        router_ = router;
        ++run_;
        show(0);
    }
    void show(std::uint64_t requests) const {
        if (!shown_) return;
        std::fprintf(stderr, "\r\033[Krun %zu of %zu: %s, %llu requests", run_, runs_,
                     router_.c_str(), static_cast<unsigned long long>(requests));
    }

private:
    std::size_t runs_;
    std::size_t run_ = 0;
    bool shown_;
    std::string router_;
};

sim::FleetOptions fleet_options(const Simulation& simulation, const sim::NamedProfile& profile,
                                std::uint32_t block_tokens, std::uint64_t seed) {
    sim::FleetOptions options;
    options.engines.assign(simulation.engines, sim::engine_profile(profile, block_tokens));
    options.replicas = simulation.replicas;
    options.poll_interval = Millis{simulation.poll_ms};
    options.poll_delay = Millis{simulation.poll_delay_ms};
    options.seed = seed;
    return options;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

sim::Report describe(const Simulation& simulation, const sim::NamedProfile& profile) {
    const bool trace = !simulation.trace.empty();
    return {.setting = {
                {trace ? "trace" : "workload", trace ? simulation.trace : simulation.workload},
                {"engines", std::to_string(simulation.engines) + " x " + std::string{profile.what}},
                {"proxies", std::to_string(simulation.replicas)},
                {"speed", number(simulation.speed)},
                {"seeds",
                 std::to_string(simulation.seeds) + " from " + std::to_string(simulation.seed)},
                {"objective", "first token within " + number(simulation.slo) + " s"}}};
}

}  // namespace

Result<sim::Report> run(const Simulation& simulation) {
    const sim::NamedProfile* profile = sim::find_profile(simulation.profile);
    if (profile == nullptr) {
        return invalid("there is no profile \"" + simulation.profile + "\"; see --help");
    }
    auto routers = sim::parse_routers(simulation.policies);
    if (!routers) return routers.error();
    sim::Report report = describe(simulation, *profile);
    Progress progress{routers->size() * simulation.seeds};
    bool first = true;
    for (const sim::NamedRouter& router : *routers) {
        sim::RouterOutcome outcome{.name = router.name};
        for (std::uint32_t i = 0; i < simulation.seeds; ++i) {
            const std::uint64_t seed = simulation.seed + i;
            auto source = open_source(simulation, seed, std::exchange(first, false));
            if (!source) return source.error();
            sim::FleetOptions options =
                fleet_options(simulation, *profile, (*source)->block_tokens(), seed);
            options.progress = [&progress](std::uint64_t requests) { progress.show(requests); };
            progress.begin(router.name);
            const sim::RunResult result = sim::run_fleet(options, **source, router.make);
            if (result.arrived == 0) return invalid("there is no request in " + simulation.trace);
            outcome.runs.seeds.push_back(sim::figures_of(result, simulation.slo));
        }
        report.routers.push_back(std::move(outcome));
    }
    return report;
}

}  // namespace penstock::app
