// What the router learns of its engines' speed is what the engine model was told to be.
#include <gtest/gtest.h>

#include "penstock/sim/fleet_run.h"
#include "penstock/sim/profiles.h"
#include "penstock/sim/workload.h"
#include "penstock_router.h"

namespace penstock::sim {
namespace {

constexpr std::uint32_t k_engines = 4;

/// The router, whose last rates are kept.
class Watched final : public PenstockRouter {
public:
    Watched(const RouterSetting& setting, std::vector<fleet::Rates>& into)
        : PenstockRouter{setting, {}}, into_{into} {}
    ~Watched() override {
        for (fleet::Slot slot = 0; slot < k_engines; ++slot) into_.push_back(rates(slot));
    }

private:
    std::vector<fleet::Rates>& into_;
};

const EngineProfile k_truth = engine_profile(profiles().front(), k_workload_block_tokens);

/// Of each engine, after so many requests for each.
std::vector<fleet::Rates> learn(std::string_view workload, std::uint64_t requests,
                                std::vector<Incident> incidents = {}) {
    const auto source =
        make_workload(*find_workload(workload),
                      {.engines = k_engines, .speed = 0.5, .requests = requests * k_engines});
    FleetOptions options;
    options.engines.assign(k_engines, k_truth);
    options.incidents = std::move(incidents);
    std::vector<fleet::Rates> rates;
    (void)run_fleet(options, *source, [&](const RouterSetting& setting) {
        return std::make_unique<Watched>(setting, rates);
    });
    return rates;
}

/// `slowness`: how many times as long an engine takes as its profile says.
void expect_true(const std::vector<fleet::Rates>& all, double slowness) {
    constexpr double k_tokens = 2'000;
    constexpr double k_batch = 8;
    const double per_token = slowness / k_truth.prefill_tokens_per_second;
    const double step = slowness * std::chrono::duration<double>(k_truth.decode_step).count();
    const double steps = step * (1 + k_truth.decode_step_per_request * (k_batch - 1));
    fleet::Rates mean{
        .first_overhead = 0, .prefill_per_token = 0, .step = 0, .step_per_request = 0};
    for (const fleet::Rates& rates : all) {
        EXPECT_NEAR(rates.prefill_per_token / per_token, 1, 0.1);
        mean.first_overhead += rates.first_overhead / k_engines;
        mean.prefill_per_token += rates.prefill_per_token / k_engines;
        mean.step += rates.step / k_engines;
        mean.step_per_request += rates.step_per_request / k_engines;
        EXPECT_NEAR(rates.decode_step(k_batch) / steps, 1, 0.1);
    }
    // The step that is under way when it comes delays a prompt by about one.
    EXPECT_NEAR(mean.first_token(k_tokens) / (k_tokens * per_token + step), 1, 0.1);
}

TEST(LearnedRates, LearnedRates_AreTheEnginesAfter200Requests) {
    expect_true(learn("chat", 200), 1);
    expect_true(learn("bursts", 200), 1);
}

TEST(LearnedRates, LearnedRates_AreTheEnginesStillAfterAThousand) {
    expect_true(learn("chat", 1'000), 1);
    expect_true(learn("bursts", 1'000), 1);
}

// Requests come at twice a second for each engine.
TEST(LearnedRates, LearnedRates_FollowEnginesThatBecomeSlow) {
    std::vector<Incident> slower;
    for (std::uint32_t engine = 0; engine < k_engines; ++engine) {
        slower.push_back({.at = Micros{100'000'000},
                          .kind = Incident::Kind::change,
                          .engine = engine,
                          .factor = 2});
    }

    expect_true(learn("chat", 600, slower), 2);
}

}  // namespace
}  // namespace penstock::sim
