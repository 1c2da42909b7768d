// Decisions at 8, 64 and 1024 backends: the sheet built, the policy asked.
#include <benchmark/benchmark.h>

#include "penstock/routing/policy.h"

namespace penstock::routing {
namespace {

std::vector<fleet::SheetRow> busy_sheet(std::size_t count) {
    std::vector<fleet::SheetRow> sheet(count);
    Rng rng{1};
    for (std::size_t i = 0; i < count; ++i) {
        sheet[i].slot = static_cast<fleet::Slot>(i);
        sheet[i].identity = rng.next();
        sheet[i].fresh = true;
        sheet[i].running = static_cast<float>(rng.below(64));
        sheet[i].waiting = static_cast<float>(rng.below(4));
        sheet[i].kv_use = static_cast<float>(rng.unit());
        sheet[i].held_blocks = rng.below(20);
    }
    return sheet;
}

void decide(benchmark::State& state, PolicyName name) {
    const auto policy = make_policy({.policy = name});
    const auto sheet = busy_sheet(static_cast<std::size_t>(state.range(0)));
    const std::vector<std::uint64_t> blocks(20, 7);
    Rng rng{1};
    Input input{.blocks = blocks, .prompt_tokens = 5000};
    for ([[maybe_unused]] auto round : state) {
        ++input.sequence;
        benchmark::DoNotOptimize(policy->decide(input, sheet, rng));
    }
}
BENCHMARK_CAPTURE(decide, prefix_load, PolicyName::prefix_load)->Arg(8)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(decide, prefix_hash, PolicyName::prefix_hash)->Arg(8)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(decide, least_load, PolicyName::least_load)->Arg(8)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(decide, round_robin, PolicyName::round_robin)->Arg(8)->Arg(64)->Arg(1024);

void observe(benchmark::State& state) {
    const auto count = static_cast<fleet::Slot>(state.range(0));
    std::vector<fleet::Backend> backends(count);
    fleet::LoadTable table;
    table.rows.resize(count);
    for (fleet::Slot i = 0; i < count; ++i) {
        backends[i].slot = i;
        table.rows[i].health = fleet::Health::healthy;
        table.rows[i].sample = fleet::LoadSample{.running = 3, .waiting = 1, .kv_use = 0.5};
    }
    const fleet::CounterSlab counters;
    std::vector<fleet::SheetRow> sheet;
    for ([[maybe_unused]] auto round : state) {
        fleet::observe(backends, {.table = table, .counters = counters, .now = TimePoint{}}, sheet);
        benchmark::DoNotOptimize(sheet.data());
    }
}
BENCHMARK(observe)->Arg(8)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace penstock::routing
