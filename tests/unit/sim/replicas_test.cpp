// Several proxies that share no state before the same engines.
#include <algorithm>

#include <gtest/gtest.h>

#include "penstock/sim/fleet_run.h"
#include "penstock/sim/profiles.h"
#include "penstock/sim/routers.h"
#include "penstock/sim/workload.h"

namespace penstock::sim {
namespace {

RunResult run(std::string_view workload, double speed, std::uint32_t replicas) {
    const auto source =
        make_workload(*find_workload(workload), {.engines = 8, .speed = speed, .requests = 12'000});
    FleetOptions options;
    options.engines.assign(8, engine_profile(profiles().front(), k_workload_block_tokens));
    options.replicas = replicas;
    return run_fleet(options, *source, parse_routers("prefix_load")->front().make);
}

double hit_rate(const RunResult& result) {
    return static_cast<double>(result.cached_tokens) / static_cast<double>(result.prompt_tokens);
}

float p90(RunResult result) {
    const auto at = result.first_token.begin() +
                    static_cast<std::ptrdiff_t>(result.first_token.size() * 9 / 10);
    std::ranges::nth_element(result.first_token, at);
    return *at;
}

// Beside answers the engines have room for two copies of each system prompt. Proxies that each make
// their own copies evict each other's until nothing is cached anywhere.
TEST(Replicas, Replicas_EightProxiesCacheHardlyLessThanOne) {
    const RunResult one = run("shared_prompts", 2, 1);
    const RunResult eight = run("shared_prompts", 2, 8);

    EXPECT_GT(hit_rate(eight), hit_rate(one) - 0.02);
    EXPECT_LT(p90(eight), 3 * p90(one));
}

}  // namespace
}  // namespace penstock::sim
