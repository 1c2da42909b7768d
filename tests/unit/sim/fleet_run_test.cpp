// Fleets small enough to compute by hand, and what must hold for every one.
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "given.h"
#include "penstock/sim/fleet_run.h"
#include "penstock/sim/routers.h"

namespace penstock::sim {
namespace {

constexpr std::uint32_t k_block = 4;

/// A prompt token takes 100 us, a decode step 1 ms and 0.1 ms more for each other request.
EngineProfile engine() {
    return {.max_running = 8,
            .prefill_tokens_per_second = 10'000,
            .decode_step = Micros{1'000},
            .decode_step_per_request = 0.1,
            .max_prefill_tokens_per_step = 64,
            .block_tokens = k_block,
            .kv_blocks = 64};
}

SimRequest request(std::int64_t at_us, std::uint32_t prompt, std::uint32_t output) {
    return {.at = Micros{at_us}, .prompt_tokens = prompt, .output_tokens = output};
}

FleetOptions fleet(std::uint32_t engines) {
    FleetOptions options;
    options.engines.assign(engines, engine());
    return options;
}

RouterFactory router(std::string_view name) {
    return parse_routers(name)->front().make;
}

std::vector<SimRequest> crowd(std::uint32_t count) {
    std::vector<SimRequest> requests;
    for (std::uint32_t i = 0; i < count; ++i) {
        SimRequest each = request(i * 700, 8 + i % 40, 1 + i % 23);
        for (std::uint32_t b = 0; b < each.prompt_tokens / k_block; ++b) {
            each.blocks.push_back(1000 * (i % 3) + b);
        }
        each.session = i % 7;
        requests.push_back(each);
    }
    return requests;
}

/// Sends everything to the first engine, and keeps how old its sample was.
class Pinned final : public Router {
public:
    explicit Pinned(std::vector<Micros>* ages = nullptr) : ages_{ages} {}
    std::optional<Choice> pick(const SimRequest& /*request*/, const View& view,
                               Rng& /*rng*/) override {
        if (ages_ != nullptr) {
            ages_->push_back(std::chrono::duration_cast<Micros>(view.now - view.sample(0)->sent));
        }
        return Choice{.slot = 0};
    }

private:
    std::vector<Micros>* ages_;
};

RunResult run(const FleetOptions& options, std::vector<SimRequest> requests,
              std::string_view name) {
    test::Given source{std::move(requests), k_block};
    return run_fleet(options, source, router(name));
}

TEST(FleetRun, FleetRun_OneRequestTakesItsPrefillAndItsSteps) {
    const RunResult result = run(fleet(1), {request(500, 20, 3)}, "round_robin");

    EXPECT_EQ(result.first_token, std::vector{0.002F});
    EXPECT_EQ(result.duration, std::vector{0.004F});
    EXPECT_EQ(result.end, Micros{4'500});
}

TEST(FleetRun, FleetRun_TwoAtOnceOnTwoEnginesDoNotWaitForEachOther) {
    const RunResult result = run(fleet(2), {request(0, 20, 3), request(0, 20, 3)}, "least_load");

    EXPECT_EQ(result.first_token, (std::vector{0.002F, 0.002F}));
    EXPECT_EQ(result.duration, (std::vector{0.004F, 0.004F}));
    EXPECT_EQ(result.imbalance, 1.0);
}

TEST(FleetRun, FleetRun_TwoAtOnceOnOneEngineShareIt) {
    const RunResult result = run(fleet(1), {request(0, 20, 2), request(0, 20, 2)}, "least_load");

    // The first alone; then its second token (1 ms) beside the other's prefill (2 ms); then that
    // one's second token.
    EXPECT_EQ(result.first_token, (std::vector{0.002F, 0.005F}));
    EXPECT_EQ(result.duration, (std::vector{0.005F, 0.006F}));
}

TEST(FleetRun, FleetRun_AnArrivalAmidManyQuietStepsJoinsAtTheNextOne) {
    const RunResult result =
        run(fleet(1), {request(0, 10, 50), request(10'500, 10, 1)}, "round_robin");

    // Prefill to 1 ms, then steps of 1 ms: the one under way ends at 11 ms, the next takes 1 ms and
    // the prefill's 1 ms.
    EXPECT_EQ(result.first_token.front(), 0.0025F);
    EXPECT_FLOAT_EQ(result.duration.back(), 0.051F);
}

TEST(FleetRun, FleetRun_TheSamePromptAgainIsFoundInTheCache) {
    SimRequest first = request(0, 20, 2);
    first.blocks = {1, 2, 3, 4, 5};
    SimRequest again = first;
    again.at = Micros{10'000};

    const RunResult result = run(fleet(2), {first, again}, "prefix_load");

    EXPECT_EQ(result.cached_tokens, 16U);  // the last token is always computed
    EXPECT_EQ(result.first_token.back(), 0.0004F);
}

TEST(FleetRun, FleetRun_IsTheSameForTheSameSeed) {
    for (const RouterKind& kind : router_kinds()) {
        FleetOptions options = fleet(3);
        options.replicas = 2;
        EXPECT_EQ(run(options, crowd(200), kind.name), run(options, crowd(200), kind.name))
            << kind.name;
    }
}

TEST(FleetRun, FleetRun_EveryRequestEndsOnceWithEveryPolicyThroughFailures) {
    for (const RouterKind& kind : router_kinds()) {
        FleetOptions options = fleet(3);
        options.incidents = {
            {.at = Micros{30'000}, .kind = Incident::Kind::fail, .engine = 1},
            {.at = Micros{50'000}, .kind = Incident::Kind::change, .engine = 0, .factor = 3},
            {.at = Micros{300'000}, .kind = Incident::Kind::start, .engine = 1}};
        const RunResult result = run(options, crowd(800), kind.name);

        EXPECT_EQ(result.arrived, 800U) << kind.name;
        EXPECT_EQ(result.finished + result.broken + result.refused + result.too_long, 800U)
            << kind.name;
        EXPECT_EQ(result.first_token.size(), result.finished) << kind.name;
        EXPECT_GT(result.finished, 700U) << kind.name;
    }
}

TEST(FleetRun, FleetRun_WhoHasNoTokenYetGoesToAnotherEngine) {
    FleetOptions options = fleet(2);
    options.incidents = {{.at = Micros{1'000}, .kind = Incident::Kind::fail, .engine = 1}};

    const RunResult result = run(options, {request(0, 20, 2), request(0, 20, 2)}, "least_load");

    EXPECT_EQ(result.retried, 1U);
    EXPECT_EQ(result.finished, 2U);
}

TEST(FleetRun, FleetRun_AStreamThatHadBegunBreaksWithItsEngine) {
    FleetOptions options = fleet(1);
    options.incidents = {{.at = Micros{5'500}, .kind = Incident::Kind::fail, .engine = 0}};

    const RunResult result = run(options, {request(0, 20, 20)}, "round_robin");

    EXPECT_EQ(result.broken, 1U);
    EXPECT_EQ(result.finished, 0U);
}

TEST(FleetRun, FleetRun_ARestartedEngineIsCold) {
    SimRequest first = request(0, 20, 2);
    first.blocks = {1, 2, 3, 4, 5};
    SimRequest again = first;
    again.at = Micros{400'000};
    FleetOptions options = fleet(1);
    options.incidents = {{.at = Micros{100'000}, .kind = Incident::Kind::fail, .engine = 0},
                         {.at = Micros{200'000}, .kind = Incident::Kind::start, .engine = 0}};

    EXPECT_EQ(run(options, {first, again}, "prefix_load").cached_tokens, 0U);
}

TEST(FleetRun, FleetRun_ASlowedEngineTakesLongerFromItsNextStepOn) {
    FleetOptions options = fleet(1);
    options.incidents = {
        {.at = Micros{3'500}, .kind = Incident::Kind::change, .engine = 0, .factor = 2}};

    // Prefill to 2 ms; steps end at 3, 4 and then, twice as long, at 6 ms.
    EXPECT_EQ(run(options, {request(0, 20, 4)}, "round_robin").duration, std::vector{0.006F});
}

TEST(FleetRun, FleetRun_WhatNoCacheCouldHoldIsRefusedOnce) {
    const RunResult result = run(fleet(2), {request(0, 255, 1), request(0, 256, 1)}, "random");

    EXPECT_EQ(result.finished, 1U);
    EXPECT_EQ(result.too_long, 1U);
}

TEST(FleetRun, FleetRun_AColdAdapterIsLoadedFirst) {
    SimRequest tuned = request(0, 20, 1);
    tuned.adapter = 7;
    SimRequest again = tuned;
    again.at = Micros{500'000};

    const RunResult result = run(fleet(1), {tuned, again}, "round_robin");

    EXPECT_EQ(result.first_token, (std::vector{0.102F, 0.002F}));
}

TEST(FleetRun, FleetRun_AdaptersBeyondTheSlotsWaitForOne) {
    SimRequest one = request(0, 20, 11);
    one.adapter = 1;
    SimRequest two = request(1'000, 20, 1);
    two.adapter = 2;
    FleetOptions options = fleet(1);
    options.max_adapters = 1;

    const RunResult result = run(options, {one, two}, "round_robin");

    // The first is loaded by 100 ms and ends at 112; the second is loaded by 212.
    EXPECT_EQ(result.first_token, (std::vector{0.102F, 0.213F}));
}

TEST(FleetRun, FleetRun_WhoWaitsForAnAdapterIsOnItsEngineToo) {
    SimRequest loading = request(0, 20, 1);
    loading.adapter = 1;
    SimRequest waiting = request(1, 20, 1);
    waiting.adapter = 2;
    FleetOptions options = fleet(2);
    options.max_adapters = 1;
    options.adapter_load = Micros{2'500'000};
    const auto to_the_first = [](const RouterSetting&) { return std::make_unique<Pinned>(); };
    test::Given source{{loading, waiting}, k_block};

    const RunResult result = run_fleet(options, source, to_the_first);

    EXPECT_EQ(result.imbalance, 2.0);  // all on one of two, for five looks
}

TEST(FleetRun, FleetRun_ASampleIsAsOldAsItsDelaySaysHoweverOftenIsPolled) {
    FleetOptions options = fleet(1);
    options.poll_interval = Millis{100};
    options.poll_delay = Millis{450};
    std::vector<Micros> ages;
    const auto pinned = [&](const RouterSetting&) { return std::make_unique<Pinned>(&ages); };
    test::Given source{{request(2'000'000, 20, 1), request(2'010'000, 20, 1)}, k_block};

    const RunResult result = run_fleet(options, source, pinned);

    EXPECT_EQ(result.finished, 2U);
    ASSERT_EQ(ages.size(), 2U);
    for (const Micros age : ages) {
        EXPECT_GE(age, options.poll_delay);
        EXPECT_LT(age, options.poll_delay + options.poll_interval);
    }
}

TEST(FleetRun, FleetRun_AFleetLargerThanOneProxyKnowsIsCutIntoParts) {
    const RunResult result = run(fleet(fleet::k_slots_max + 3), crowd(50), "round_robin");

    EXPECT_EQ(result.finished, 50U);
}

}  // namespace
}  // namespace penstock::sim
