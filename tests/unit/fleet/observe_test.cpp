#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/fleet/sheet.h"

namespace penstock::fleet {
namespace {

constexpr TimePoint k_now{std::chrono::hours{1}};

/// One healthy backend with a fresh sample; each test changes what it is about.
class Observe : public testing::Test {
protected:
    Observe() {
        backends.push_back({.slot = 0, .identity = 77, .url = "http://a", .weight = 2});
        table.rows.resize(1);
        table.rows[0].health = Health::healthy;
        table.rows[0].sample = LoadSample{.sent = k_now, .running = 4, .waiting = 0, .kv_use = 0.5};
    }
    LoadSample& sample() { return *table.rows[0].sample; }
    SheetRow row() {
        observe(backends, loads, out);
        return out.at(0);
    }

    std::vector<Backend> backends;
    LoadTable table;
    CounterSlab counters;
    Loads loads{.table = table, .counters = counters, .now = k_now, .stale_after = Millis{1000}};
    std::vector<SheetRow> out;
};

TEST_F(Observe, TakesAFreshSampleAsItIs) {
    const SheetRow seen = row();

    EXPECT_TRUE(seen.fresh);
    EXPECT_EQ(seen.running, 4);
    EXPECT_EQ(seen.waiting, 0);
    EXPECT_FLOAT_EQ(seen.kv_use, 0.5F);
    EXPECT_EQ(seen.weight, 2);
    EXPECT_EQ(seen.identity, 77U);
    EXPECT_EQ(seen.unfit, k_fit);
}

TEST_F(Observe, ForeseesWhatItsRequestsWillFillOfTheCache) {
    EXPECT_EQ(row().kv_growth, 0) << "of unknown size";
    sample().kv_tokens = 10'000;
    counters[0].prompt_tokens_started = 1500;
    counters[0].prompt_tokens_finished = 500;
    counters[0].output_tokens = 4000;

    EXPECT_FLOAT_EQ(row().kv_growth, 0.3F) << "answers are half done, on average";
}

TEST_F(Observe, BelievesASampleOfExactlyTheLimitAndNoneOlder) {
    sample().sent = k_now - Millis{1000};
    EXPECT_TRUE(row().fresh);

    sample().sent -= Millis{1};
    EXPECT_FALSE(row().fresh);
}

TEST_F(Observe, FallsBackToItsOwnCountWhenStale) {
    sample().sent = k_now - Millis{5000};
    sample().waiting = 9;
    counters[0].started = 3;
    counters[0].finished = 1;

    const SheetRow seen = row();

    EXPECT_EQ(seen.running, 2);
    EXPECT_EQ(seen.waiting, 0);
    EXPECT_LT(seen.kv_use, 0);
}

TEST_F(Observe, FallsBackWhenTheEngineTellsNoRunningRequests) {
    sample().running.reset();

    EXPECT_FALSE(row().fresh);
}

TEST_F(Observe, StaysFiniteWhateverTheEngineTells) {
    sample().running = 1e300;
    sample().waiting = 1e300;

    const SheetRow seen = row();

    EXPECT_EQ(seen.running, 1e6F);
    EXPECT_EQ(seen.waiting, 1e6F);
}

TEST_F(Observe, AddsWhatItStartedSinceThePollToTheBatch) {
    counters[0].started = 12;
    counters[0].finished = 9;
    sample().started_then = 10;
    sample().finished_then = 8;

    const SheetRow seen = row();

    EXPECT_EQ(seen.running, 4 + 2 - 1);
    EXPECT_EQ(seen.waiting, 0);
    EXPECT_EQ(seen.in_flight, 3);
}

TEST_F(Observe, AGaugeThatSaysNothingDoesNotHideWhatThisProxyHasThere) {
    sample().running = 0;
    sample().started_then = counters[0].started = 9;
    sample().finished_then = counters[0].finished = 2;
    EXPECT_EQ(row().running, 7);

    sample().waiting = 3;
    EXPECT_EQ(row().running, 4);
    EXPECT_EQ(row().waiting, 3);
}

TEST_F(Observe, AddsToTheQueueWhereThereIsOne) {
    sample().waiting = 3;
    counters[0].started = 2;

    const SheetRow seen = row();

    EXPECT_EQ(seen.running, 4);
    EXPECT_EQ(seen.waiting, 5);
}

TEST_F(Observe, AddsToTheQueueWhenTheBatchIsFull) {
    sample().running_max = 4;
    counters[0].started = 2;

    EXPECT_EQ(row().waiting, 2);
    EXPECT_TRUE(row().batch_full);

    sample().running_max = 7;
    EXPECT_FALSE(row().batch_full);
}

TEST_F(Observe, TakesFinishedRequestsFromTheQueueFirst) {
    sample().waiting = 3;
    sample().started_then = 10;
    sample().finished_then = 3;
    counters[0].started = 10;
    counters[0].finished = 8;

    const SheetRow seen = row();

    EXPECT_EQ(seen.waiting, 0);
    EXPECT_EQ(seen.running, 2);
}

TEST_F(Observe, CountsPromptTokensNotYetPrefilled) {
    counters[0].prompt_tokens_started = 900;
    counters[0].prompt_tokens_finished = 400;

    EXPECT_EQ(row().prefill_tokens, 500);
}

TEST_F(Observe, TellsWhyABackendIsUnfit) {
    table.rows[0].health = Health::loading;
    EXPECT_EQ(row().unfit, k_unhealthy);

    table.rows[0].health = Health::healthy;
    table.rows[0].ejected = true;
    EXPECT_EQ(row().unfit, k_unhealthy);

    table.rows[0].ejected = false;
    table.rows[0].draining = true;
    EXPECT_EQ(row().unfit, k_draining);

    table.rows[0].draining = false;
    backends[0].weight = 0;
    EXPECT_EQ(row().unfit, k_no_weight);
}

TEST_F(Observe, IsFullAtTheLimitAndNotOneBelow) {
    backends[0].max_in_flight = 2;
    counters[0].started = 1;
    EXPECT_EQ(row().unfit, k_fit);

    counters[0].started = 2;
    EXPECT_EQ(row().unfit, k_full);
}

TEST_F(Observe, HoldsABackendThatTheTableDoesNotKnowForUnhealthy) {
    table.rows.clear();

    EXPECT_EQ(row().unfit, k_unhealthy);
}

TEST_F(Observe, GivesRowsInTheOrderOfTheBackends) {
    backends.push_back({.slot = 5, .identity = 1});
    backends.push_back({.slot = 2, .identity = 2});

    static_cast<void>(row());
    static_cast<void>(row());  // filled anew, not added to

    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[1].slot, 5U);
    EXPECT_EQ(out[2].slot, 2U);
}

RC_GTEST_FIXTURE_PROP(Observe, IsNeverNegative, ()) {
    const auto count = rc::gen::inRange(0, 50);
    sample().running = *count;
    sample().waiting = *count;
    if (*rc::gen::arbitrary<bool>()) sample().running_max = *count;
    sample().started_then = static_cast<std::uint64_t>(*count);
    sample().finished_then = static_cast<std::uint64_t>(*count);
    // A reader may see the counters at different moments, so no order between them is assumed.
    counters[0].started = static_cast<std::uint64_t>(*count);
    counters[0].finished = static_cast<std::uint64_t>(*count);
    counters[0].prompt_tokens_started = static_cast<std::uint64_t>(*count);
    counters[0].prompt_tokens_finished = static_cast<std::uint64_t>(*count);
    if (*rc::gen::arbitrary<bool>()) sample().sent = k_now - Millis{2000};

    const SheetRow seen = row();

    RC_ASSERT(seen.running >= 0 && seen.waiting >= 0);
    RC_ASSERT(seen.in_flight >= 0 && seen.prefill_tokens >= 0);
}

RC_GTEST_FIXTURE_PROP(Observe, MovesWithEachOwnRequestByOne, ()) {
    sample().running = *rc::gen::inRange(0, 50);
    sample().waiting = *rc::gen::inRange(0, 50);
    const auto load = [this] {
        const SheetRow seen = row();
        return seen.running + seen.waiting;
    };
    const float before = load();

    counters[0].started = 1;
    RC_ASSERT(load() == before + 1);
    counters[0].finished = 1;
    RC_ASSERT(load() == before);
}

}  // namespace
}  // namespace penstock::fleet
