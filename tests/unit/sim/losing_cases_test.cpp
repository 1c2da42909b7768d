// The known ways in which routers lose, each as a small fleet: Penstock's default beside a model of
// a router that it happens to.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "given.h"
#include "penstock/sim/fleet_run.h"
#include "penstock/sim/routers.h"

namespace penstock::sim {
namespace {

constexpr std::string_view k_ours = "prefix_load";
constexpr std::uint32_t k_block = 16;

EngineProfile engine() {
    return {.max_running = 16,
            .prefill_tokens_per_second = 10'000,
            .decode_step = Micros{10'000},
            .max_prefill_tokens_per_step = 512,
            .block_tokens = k_block,
            .kv_blocks = 1024};
}

RunResult run(std::string_view name, FleetOptions options, std::vector<SimRequest> requests) {
    test::Given source{std::move(requests), k_block};
    return run_fleet(options, source, parse_routers(name)->front().make);
}

FleetOptions fleet(std::uint32_t engines) {
    FleetOptions options;
    options.engines.assign(engines, engine());
    return options;
}

/// Requests of the busiest engine over the mean.
double skew(const RunResult& result) {
    const auto sum = std::accumulate(result.finished_by.begin(), result.finished_by.end(), 0.0);
    const auto most = static_cast<double>(std::ranges::max(result.finished_by));
    return most * static_cast<double>(result.finished_by.size()) / sum;
}

/// `count` requests, one each `gap_us`, with `shared` blocks in common and one of their own.
std::vector<SimRequest> alike(std::uint32_t count, std::int64_t gap_us, std::uint32_t shared,
                              std::uint32_t output) {
    std::vector<SimRequest> requests;
    for (std::uint32_t i = 0; i < count; ++i) {
        SimRequest each{.at = Micros{i * gap_us},
                        .prompt_tokens = (shared + 1) * k_block,
                        .output_tokens = output};
        for (std::uint32_t b = 0; b < shared; ++b) each.blocks.push_back(b + 1);
        each.blocks.push_back(1'000'000 + i);
        requests.push_back(std::move(each));
    }
    return requests;
}

// production-stack #957, NeMo-Gym #3193: all requests begin with one system prompt.
TEST(LosingCases, LosingCases_OneSharedPromptPinsTheFleetToOneEngine) {
    const auto requests = alike(2000, 2'500, 20, 40);

    const RunResult ours = run(k_ours, fleet(8), requests);
    const RunResult theirs = run("vllm_stack_prefix", fleet(8), requests);

    EXPECT_GT(skew(theirs), 7.9);
    EXPECT_LT(skew(ours), 1.5);
}

// llm-d-router #298 and #2515, dynamo #589: between two polls everybody sees the same least loaded
// engine.
TEST(LosingCases, LosingCases_ABurstBetweenTwoPollsHerds) {
    FleetOptions options = fleet(4);
    for (EngineProfile& each : options.engines) each.max_running = 2;
    options.poll_interval = Millis{1000};
    auto requests = alike(50, 1'000, 0, 100);
    for (SimRequest each : alike(200, 1'000, 0, 100)) {
        each.at += Micros{1'500'000};
        each.blocks.front() += 1000;
        requests.push_back(each);
    }

    const RunResult ours = run(k_ours, options, requests);
    const RunResult theirs = run("gaie", options, requests);

    EXPECT_LT(skew(ours), 1.1);
    EXPECT_GT(skew(theirs), 1.3);
}

// prime-rl #3255: consistent hashing keeps a key on an engine that is full while others idle.
TEST(LosingCases, LosingCases_AHotSessionLocksAFullEngine) {
    auto requests = alike(1500, 5'000, 4, 50);
    for (SimRequest& each : requests) each.session = 7;

    const RunResult ours = run(k_ours, fleet(6), requests);
    const RunResult theirs = run("consistent_hash", fleet(6), requests);

    EXPECT_GT(skew(theirs), 5.9);
    EXPECT_LT(skew(ours), 2);
    EXPECT_GT(theirs.end, 2 * ours.end);
}

// llm-d's approximate index keeps what a restarted engine held.
TEST(LosingCases, LosingCases_ARestartedEngineIsBelievedWarm) {
    const RouterSetting setting{.backends = 2, .block_tokens = k_block, .kv_tokens = 16'384};
    const SimRequest request = alike(1, 0, 8, 1).front();
    fleet::LoadSample before;
    before.start_time = 0;
    before.running = 0;
    fleet::LoadSample after = before;
    after.start_time = 100;
    std::vector<fleet::Backend> backends{{.slot = 0, .identity = 1}};
    fleet::LoadTable table;
    table.rows.resize(1);
    table.rows[0] = {.health = fleet::Health::healthy, .sample = after};
    const fleet::CounterSlab counters;
    const ExactMatch nothing = [](fleet::Slot, std::span<const std::uint64_t>) { return 0U; };
    const View view{.backends = backends,
                    .table = table,
                    .counters = counters,
                    .excluded = {},
                    .block_tokens = k_block,
                    .exact = nothing};
    Rng rng{1};

    for (const auto& [name, held] :
         {std::pair{k_ours, 0U}, std::pair{std::string_view{"gaie"}, 9U}}) {
        const auto router = parse_routers(name)->front().make(setting);
        router->sent(0, request);
        router->sampled(0, before, after);
        EXPECT_EQ(router->pick(request, view, rng)->held_blocks, held) << name;
    }
}

// GAIE's min-max queue score: one request in the queue counts as much as a hundred, more than two
// thirds of a cached prompt.
TEST(LosingCases, LosingCases_OneQueuedRequestOutweighsACachedPrompt) {
    const RouterSetting setting{.backends = 2, .block_tokens = k_block, .kv_tokens = 1'638'400};
    const SimRequest request = alike(1, 0, 800, 1).front();
    SimRequest half = request;
    half.blocks.resize(500);
    std::vector<fleet::Backend> backends{{.slot = 0, .identity = 1}, {.slot = 1, .identity = 2}};
    fleet::LoadTable table;
    table.rows.resize(2);
    for (fleet::BackendState& row : table.rows) {
        row.health = fleet::Health::healthy;
        row.sample = fleet::LoadSample{.running = 1, .waiting = 0, .kv_use = 0.1};
    }
    table.rows[0].sample->waiting = 1;
    const fleet::CounterSlab counters;
    const ExactMatch nothing = [](fleet::Slot, std::span<const std::uint64_t>) { return 0U; };
    const View view{.backends = backends,
                    .table = table,
                    .counters = counters,
                    .excluded = {},
                    .block_tokens = k_block,
                    .exact = nothing};
    Rng rng{1};

    for (const auto& [name, slot] :
         {std::pair{k_ours, 0U}, std::pair{std::string_view{"gaie"}, 1U}}) {
        const auto router = parse_routers(name)->front().make(setting);
        router->sent(0, half);  // 500 of 801 blocks: 8,000 of 12,816 tokens
        EXPECT_EQ(router->pick(request, view, rng)->slot, slot) << name;
    }
}

}  // namespace
}  // namespace penstock::sim
