// The known ways in which routers lose, each as a small fleet: Penstock's default beside a model of
// a router that it happens to. Where one decision is enough: losing_decisions_test.cpp.
#include <gtest/gtest.h>

#include "losing_fleets.h"

namespace penstock::sim {
namespace {

using namespace test;

// production-stack #957, NeMo-Gym #3193: all requests begin with one system prompt.
TEST(LosingCases, LosingCases_OneSharedPromptPinsTheFleetToOneEngine) {
    const auto requests = alike(2000, 2'500, 20, 40);

    const RunResult ours = run(k_ours, small_fleet(8), requests);
    const RunResult theirs = run("vllm_stack_prefix", small_fleet(8), requests);

    EXPECT_GT(skew(theirs), 7.9);
    EXPECT_LT(skew(ours), 1.5);
}

// dynamo #7836: what is cached everywhere costs no prefill, so only its place in a batch decides.
TEST(LosingCases, LosingCases_FullBatchesQueueBesideIdleEngines) {
    FleetOptions options = small_fleet(4);
    for (EngineProfile& each : options.engines) {
        each.max_running = 128;
        each.kv_blocks = 8192;
    }
    const auto requests = alike(1500, 20'000, 200, 400);

    const RunResult ours = run(k_ours, options, requests);
    const RunResult evenly = run("least_request", options, requests);

    EXPECT_EQ(engines_used(ours), 4U);
    EXPECT_LT(first_token(ours, 0.5), 0.2);
    EXPECT_LT(first_token(ours, 0.9), 2 * first_token(evenly, 0.9) + 1);
}

// llm-d-router #298 and #2515, dynamo #589: between two polls everybody sees the same least loaded
// engine.
TEST(LosingCases, LosingCases_ABurstBetweenTwoPollsHerds) {
    FleetOptions options = small_fleet(4);
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

    const RunResult ours = run(k_ours, small_fleet(6), requests);
    const RunResult theirs = run("consistent_hash", small_fleet(6), requests);

    EXPECT_GT(skew(theirs), 5.9);
    EXPECT_LT(skew(ours), 2);
    EXPECT_GT(theirs.end, 2 * ours.end);
}

// llm-d-router #355, kserve #5411: by the default weights one common prefix stays where it is.
TEST(LosingCases, LosingCases_ACommonPrefixUsesOneOfEightEnginesUntilItsQueueIsLong) {
    FleetOptions options = small_fleet(8);
    for (EngineProfile& each : options.engines) each.max_running = 64;
    const auto requests = alike(1500, 5'000, 40, 40);

    const RunResult ours = run(k_ours, options, requests);
    const RunResult theirs = run("gaie", options, requests);

    EXPECT_GT(engines_used(ours), 5U);
    EXPECT_LE(engines_used(theirs), 2U);
    EXPECT_GT(first_token(theirs, 0.5), 20 * first_token(ours, 0.5));
}

// vllm-router #238: one crowded engine ends affinity for the whole fleet.
TEST(LosingCases, LosingCases_AGateOnTheFullestEngineSendsEverybodyAway) {
    FleetOptions options = small_fleet(4);
    for (EngineProfile& each : options.engines) {
        each.max_running = 256;
        each.kv_blocks = 8192;
    }
    const auto requests = together(alike(400, 20'000, 20, 400), grouped(1600, 5'000, 40, 60, 5));

    const RunResult ours = run(k_ours, options, requests);
    const RunResult gated = run("sglang_cache_aware", options, requests);
    const RunResult ungated = run("sglang_cache_aware:abs=100000", options, requests);

    EXPECT_GT(first_token(gated, 0.5), 3 * first_token(ours, 0.5));
    EXPECT_GT(first_token(gated, 0.5), 3 * first_token(ungated, 0.5));
    EXPECT_LT(hit_rate(gated), hit_rate(ours) - 0.02);
}

// sglang #14305 and #14532: the slower an engine, the smaller its tree, and all misses go there.
TEST(LosingCases, LosingCases_AMissGoesToTheSmallestTreeHoweverBusy) {
    FleetOptions options = small_fleet(4);
    options.incidents = {{.kind = Incident::Kind::change, .engine = 3, .factor = 6}};
    const auto requests = alike(600, 10'000, 0, 20);

    const RunResult ours = run(k_ours, options, requests);
    const RunResult theirs = run("sglang_cache_aware:smallest_tree=1", options, requests);

    EXPECT_LT(first_token(ours, 0.9), 0.1);
    EXPECT_GT(first_token(theirs, 0.9), 1);
}

// vllm #52463: where idle engines are equal, who takes turns has each prefix everywhere and
// nowhere.
TEST(LosingCases, LosingCases_TurnsAmongEqualEnginesLoseThePrefix) {
    FleetOptions options = small_fleet(4);
    for (EngineProfile& each : options.engines) each.kv_blocks = 8192;
    const auto requests = grouped(395, 100'000, 79, 40, 4);  // each comes five times

    EXPECT_GT(hit_rate(run(k_ours, options, requests)), 0.75);
    EXPECT_LT(hit_rate(run("least_request", options, requests)), 0.5);
}

// production-stack #1073: an engine that is full of long answers was asked little of late.
TEST(LosingCases, LosingCases_TheRequestRateFindsTheBusiestEngine) {
    FleetOptions options = small_fleet(2);
    for (EngineProfile& each : options.engines) each.kv_blocks = 32'768;
    const auto long_answers = alike(20, 10'000, 20, 8'000);
    const auto short_ones = later(grouped(400, 200'000, 1, 0, 4), Micros{1'000'000});
    const auto requests = together(long_answers, short_ones);

    const RunResult ours = run(k_ours, options, requests);
    const RunResult theirs = run("vllm_stack_prefix:min_match=64", options, requests);

    EXPECT_LT(first_token(ours, 0.9), 0.1);
    EXPECT_GT(first_token(theirs, 0.9), 10);
}

// aibrix #917, dynamo #589: proxies that share nothing each make copies of their own.
TEST(LosingCases, LosingCases_ReplicasScatterEachPrefixOverAllEngines) {
    FleetOptions options = small_fleet(4);
    options.replicas = 4;
    const auto requests = grouped(3000, 12'000, 40, 60, 4);  // two and a half engines' caches

    EXPECT_GT(hit_rate(run(k_ours, options, requests)), 0.8);
    EXPECT_LT(hit_rate(run("aibrix_prefix", options, requests)), 0.6);
}

// An engine was started without its prefix cache, and its answers tell of none.
TEST(LosingCases, LosingCases_AnEngineWithoutItsCacheIsTakenForAHolder) {
    FleetOptions options = small_fleet(4);
    options.cache_report = false;
    options.engines[0].prefix_caching = false;
    const auto requests = grouped(6000, 40'000, 8, 100, 20);

    const RunResult ours = run(k_ours, options, requests);
    const RunResult theirs = run("gaie", options, requests);

    const auto share = [](const RunResult& result) {
        return static_cast<double>(result.finished_by[0]) / static_cast<double>(result.finished);
    };
    EXPECT_LT(share(ours), 0.05);
    EXPECT_GT(share(theirs), 0.1);
    EXPECT_LT(first_token(ours, 0.9), 0.5 * first_token(theirs, 0.9));
}

// olla #144, llm-d-router #1123: an engine that hangs has no queue and an empty cache.
TEST(LosingCases, LosingCases_AnEngineThatHangsLooksIdle) {
    FleetOptions options = small_fleet(4);
    for (EngineProfile& each : options.engines) each.max_running = 256;
    options.incidents = {
        {.at = Millis{1000}, .kind = Incident::Kind::change, .engine = 1, .factor = 100'000}};
    const auto requests = grouped(1000, 10'000, 12, 20, 10);

    const RunResult ours = run(k_ours, options, requests);
    const RunResult theirs = run("gaie", options, requests);

    EXPECT_LT(first_token(ours, 0.9), 0.1);
    EXPECT_GT(first_token(theirs, 0.9), 100);
}

}  // namespace
}  // namespace penstock::sim
