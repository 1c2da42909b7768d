// The fleet simulator on the command line: options, runs, output.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>

#include "commands.h"
#include "penstock/sim/workload.h"
#include "simulation.h"
#include "simulation_source.h"
#include "version.h"

namespace penstock::app {

namespace {

int write_trace(const Simulation& simulation, const std::string& path) {
    const Result<std::uint64_t> written = export_requests(simulation, path);
    if (!written) return fail(written.error().detail());
    std::printf("%llu requests written to %s\n", static_cast<unsigned long long>(*written),
                path.c_str());
    return k_done;
}

/// As it was typed, as far as a shell leaves it.
std::string command_line() {
    std::ifstream file{"/proc/self/cmdline", std::ios::binary};
    std::string line{std::istreambuf_iterator<char>{file}, {}};
    if (!line.empty()) line.pop_back();
    std::ranges::replace(line, '\0', ' ');
    return line;
}

sim::Provenance made_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> date{};
    std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M UTC", &parts);
    return {.version = PENSTOCK_VERSION, .date = date.data(), .command = command_line()};
}

int simulate(const Simulation& simulation, bool json, const std::string& html) {
    if (!html.empty()) {
        const Result<void> writable = check_writable(html);
        if (!writable) return fail(writable.error().detail());
    }
    const Result<sim::Report> report = run(simulation);
    if (!report) return fail(report.error().detail());
    const std::string text = json ? sim::report_json(*report) : sim::table_text(*report);
    std::fputs(text.c_str(), stdout);
    if (html.empty()) return k_done;
    std::ofstream file{html, std::ios::binary};
    file << sim::report_html(*report, made_now());
    file.close();
    return file ? k_done : fail("cannot write " + html + ": " + std::strerror(errno));
}

std::string footer() {
    std::string text = "Policies:\n";
    for (const sim::RouterKind& kind : sim::router_kinds()) {
        text += "  " + std::string{kind.name} + ": " + std::string{kind.what} + "\n";
        for (const sim::RouterParameter& each : kind.parameters) {
            char value[32];
            std::snprintf(value, sizeof value, "%.10g", each.value);
            text += "      :" + std::string{each.name} + "=" + value + "  " +
                    std::string{each.what} + "\n";
        }
    }
    text += "Workloads:\n";
    for (const sim::WorkloadKind& each : sim::workload_kinds()) {
        text += "  " + std::string{each.name} + ": " + std::string{each.what} + "\n";
    }
    text += "Profiles:\n";
    for (const sim::NamedProfile& each : sim::profiles()) {
        text += "  " + std::string{each.name} + ": " + std::string{each.what} + "\n";
    }
    return text +
           "\nA policy is set with NAME:PARAMETER=VALUE, and swept with several values:\n"
           "  penstock simulate --trace t.jsonl --policy prefix_load,gaie:prefix=1/3/6\n"
           "The first policy is the one that the others are compared with.";
}

void add_engine_options(CLI::App& app, EngineNumbers& numbers) {
    app.add_option("--prefill-rate", numbers.prefill_rate,
                   "Instead of the profile's: prompt tokens an engine computes in a second.")
        ->check(between(1, 1e9));
    app.add_option("--decode-step-ms", numbers.decode_step_ms,
                   "Instead of the profile's: time of a decode step of one request.")
        ->check(CLI::Range(1, 60'000));
    app.add_option("--decode-growth", numbers.decode_growth,
                   "Instead of the profile's: a step of n requests takes 1 + this x (n - 1) times "
                   "as long.")
        ->check(between(0, 100));
    app.add_option("--max-running", numbers.max_running,
                   "Instead of the profile's: requests in a batch.")
        ->check(CLI::Range(1, 65'536));
    app.add_option("--kv-tokens", numbers.kv_tokens,
                   "Instead of the profile's: tokens that the KV cache holds.")
        ->check(CLI::Range(1, 100'000'000));
    app.add_flag("!--no-prefix-caching", numbers.prefix_caching, "Compute every prompt whole.");
}

void add_incident_options(CLI::App& app, Simulation& simulation) {
    app.add_option("--fail", simulation.fails,
                   "AT:ENGINE[:SECONDS], repeatable: at this second the engine (from 0) goes down, "
                   "for so many seconds or for good; its cache is cold afterwards.");
    app.add_option("--slow", simulation.slows,
                   "AT:ENGINE:FACTOR[:SECONDS], repeatable: from this second on the engine takes "
                   "FACTOR times as long, for so many seconds or for good.");
    app.add_option("--max-adapters", simulation.max_adapters,
                   "LoRA adapters that an engine has loaded at a time.")
        ->capture_default_str()
        ->check(CLI::Range(1, 65'536));
    app.add_option("--adapter-load-ms", simulation.adapter_load_ms, "Time to load one.")
        ->capture_default_str()
        ->check(CLI::Range(0, 600'000));
}

void add_options(CLI::App& app, Simulation& simulation) {
    auto* trace = app.add_option("--trace", simulation.trace,
                                 "Replay this file: a trace in Mooncake's format (JSON lines of "
                                 "timestamp, input_length, output_length, hash_ids) or Penstock's "
                                 "access log in JSON.");
    app.add_option("--workload", simulation.workload, "Or make traffic of this kind; see below.")
        ->capture_default_str()
        ->excludes(trace);
    app.add_option("--policy", simulation.policies,
                   "Policies, with commas between them, or all; see below.")
        ->capture_default_str();
    app.add_option("--engines", simulation.engines, "How many engines.")
        ->capture_default_str()
        ->check(CLI::Range(1, 20'000));
    app.add_option("--profile", simulation.profile, "What each engine is; see below.")
        ->capture_default_str();
    add_engine_options(app, simulation.numbers);
    app.add_flag("!--no-cache-report", simulation.cache_report,
                 "Answers do not tell how much of their prompt was cached: the default of vLLM and "
                 "SGLang.");
    app.add_option("--replicas", simulation.replicas, "Proxies before them, sharing nothing.")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    app.add_option("--speed", simulation.speed, "2: requests come twice as fast.")
        ->capture_default_str()
        ->check(between(0.001, 1000));
    app.add_option("--requests", simulation.requests,
                   "Only so many; 0: all of a trace, 20,000 of a workload.")
        ->capture_default_str();
    app.add_option("--seed", simulation.seed, "The first seed.")->capture_default_str();
    app.add_option("--seeds", simulation.seeds, "Run each policy with so many seeds.")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    app.add_option("--slo-ttft", simulation.slo, "Objective for the first token, in seconds.")
        ->capture_default_str()
        ->check(between(0.001, 86'400));
    app.add_option("--poll-ms", simulation.poll_ms, "Time between polls of an engine.")
        ->capture_default_str()
        ->check(CLI::Range(1, 600'000));
    app.add_option("--poll-delay-ms", simulation.poll_delay_ms,
                   "Time from an engine's sample to its being seen.")
        ->capture_default_str()
        ->check(CLI::Range(0, 60'000));
    add_incident_options(app, simulation);
}

}  // namespace

void add_simulate(CLI::App& app, Action& action) {
    CLI::App* sub = app.add_subcommand(
        "simulate",
        "Compare routing policies on a simulated fleet, with recorded or made traffic.");
    struct Command {
        Simulation simulation;
        bool json = false;
        std::string html;
        std::string trace_file;
    };
    auto command = std::make_shared<Command>();
    add_options(*sub, command->simulation);
    sub->add_flag("--json", command->json, "Answer in JSON.");
    sub->add_option("--html", command->html, "Also write a report with charts to this file.");
    sub->add_option("--export", command->trace_file,
                    "Simulate nothing: write the requests of the first seed to this file, as a "
                    "trace in Mooncake's format.");
    sub->footer(footer());
    sub->callback([command, &action] {
        action = [command] {
            return command->trace_file.empty()
                       ? simulate(command->simulation, command->json, command->html)
                       : write_trace(command->simulation, command->trace_file);
        };
    });
}

}  // namespace penstock::app
