#include "simulation.h"

#include <cstdio>
#include <string>

#include <unistd.h>

#include "incidents.h"
#include "simulation_source.h"

namespace penstock::app {

namespace {

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

/// The named profile with what was given instead; `told` is it in words.
struct Engine {
    sim::NamedProfile profile;
    std::string told;
};

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

template <typename Given, typename Field>
void take(const std::optional<Given>& given, std::string_view option, Engine& engine,
          Field& field) {
    if (!given) return;
    field = Field{*given};
    engine.told += ", " + std::string{option} + " " + number(static_cast<double>(*given));
}

Result<Engine> engine_of(const Simulation& simulation) {
    const sim::NamedProfile* named = sim::find_profile(simulation.profile);
    if (named == nullptr) {
        return Error{ErrorCode::invalid_value,
                     "there is no profile \"" + simulation.profile + "\"; see --help"};
    }
    const EngineNumbers& given = simulation.numbers;
    Engine engine{.profile = *named, .told = std::string{named->what}};
    take(given.prefill_rate, "--prefill-rate", engine, engine.profile.prefill_tokens_per_second);
    Millis step{0};
    take(given.decode_step_ms, "--decode-step-ms", engine, step);
    if (given.decode_step_ms) engine.profile.decode_step = step;
    take(given.decode_growth, "--decode-growth", engine, engine.profile.decode_step_per_request);
    take(given.max_running, "--max-running", engine, engine.profile.max_running);
    take(given.kv_tokens, "--kv-tokens", engine, engine.profile.kv_tokens);
    if (!given.prefix_caching) engine.told += ", --no-prefix-caching";
    if (!simulation.cache_report) engine.told += ", --no-cache-report";
    return engine;
}

sim::FleetOptions fleet_options(const Simulation& simulation, const sim::NamedProfile& profile,
                                std::uint32_t block_tokens, std::uint64_t seed) {
    sim::FleetOptions options;
    options.engines.assign(simulation.engines, sim::engine_profile(profile, block_tokens));
    options.replicas = simulation.replicas;
    options.poll_interval = Millis{simulation.poll_ms};
    options.poll_delay = Millis{simulation.poll_delay_ms};
    options.max_adapters = simulation.max_adapters;
    options.adapter_load = Millis{simulation.adapter_load_ms};
    options.cache_report = simulation.cache_report;
    for (sim::EngineProfile& engine : options.engines) {
        engine.prefix_caching = simulation.numbers.prefix_caching;
    }
    options.seed = seed;
    return options;
}

std::string listed(const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + text;
    return list;
}

sim::Report describe(const Simulation& simulation, const Engine& engine) {
    const bool trace = !simulation.trace.empty();
    sim::Report report{
        .setting = {{trace ? "trace" : "workload", trace ? simulation.trace : simulation.workload},
                    {"engines", std::to_string(simulation.engines) + " x " + engine.told},
                    {"proxies", std::to_string(simulation.replicas)},
                    {"speed", number(simulation.speed)},
                    {"seeds",
                     std::to_string(simulation.seeds) + " from " + std::to_string(simulation.seed)},
                    {"objective", "first token within " + number(simulation.slo) + " s"}}};
    if (!simulation.fails.empty()) report.setting.emplace_back("fail", listed(simulation.fails));
    if (!simulation.slows.empty()) report.setting.emplace_back("slow", listed(simulation.slows));
    return report;
}

Error no_request(const Simulation& simulation, const std::string& account) {
    return {ErrorCode::invalid_value,
            "there is no request in " + simulation.trace + (account.empty() ? "" : ": " + account)};
}

/// Behind the trace's or the workload's name.
void tell_requests(sim::Report& report, std::uint64_t count, const std::string& account) {
    std::string text = std::to_string(count);
    if (!account.empty()) text += ": " + account;
    report.setting.insert(report.setting.begin() + 1, {"requests", std::move(text)});
}

}  // namespace

Result<sim::Report> run(const Simulation& simulation) {
    const Result<Engine> engine = engine_of(simulation);
    if (!engine) return engine.error();
    const auto incidents = parse_incidents(simulation.fails, simulation.slows, simulation.engines);
    if (!incidents) return incidents.error();
    auto routers = sim::parse_routers(simulation.policies);
    if (!routers) return routers.error();
    sim::Report report = describe(simulation, *engine);
    Progress progress{routers->size() * simulation.seeds};
    std::size_t run = 0;
    for (const sim::NamedRouter& router : *routers) {
        sim::RouterOutcome outcome{.name = router.name};
        for (std::uint32_t i = 0; i < simulation.seeds; ++i) {
            const std::uint64_t seed = simulation.seed + i;
            auto source = open_source(simulation, seed, ++run == 1);
            if (!source) return source.error();
            sim::FleetOptions options =
                fleet_options(simulation, engine->profile, (*source)->block_tokens(), seed);
            options.incidents = *incidents;
            options.progress = [&progress](std::uint64_t requests) { progress.show(requests); };
            progress.begin(router.name);
            const sim::RunResult result = sim::run_fleet(options, **source, router.make);
            const std::string account = (*source)->account();
            if (result.arrived == 0) return no_request(simulation, account);
            if (run == 1) tell_requests(report, result.arrived, account);
            outcome.runs.seeds.push_back(sim::figures_of(result, simulation.slo));
        }
        report.routers.push_back(std::move(outcome));
    }
    return report;
}

}  // namespace penstock::app
