#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sheets.h"

namespace penstock::routing {
namespace {

class PrefixLoadPolicy : public testing::Test {
protected:
    Decision decide() { return policy->decide(input, sheet, rng); }
    float cost(std::uint32_t row) { return policy->explain(input, sheet, row)[0]; }

    std::unique_ptr<Policy> policy = test::policy(PolicyName::prefix_load);
    std::vector<fleet::SheetRow> sheet = test::idle_sheet(4);
    Input input{.prompt_tokens = 4096, .block_tokens = 256};
    Rng rng{1};
};

TEST_F(PrefixLoadPolicy, GoesWhereThePrefixIs) {
    sheet[2].held_blocks = 8;

    const Decision decision = decide();

    EXPECT_EQ(decision.row, 2U);
    EXPECT_EQ(decision.reason, Reason::prefix);
    EXPECT_EQ(decision.held_blocks, 8U);
}

TEST_F(PrefixLoadPolicy, DoesNotCountOnACacheThatIsOff) {
    for (fleet::SheetRow& row : sheet) row.held_blocks = 8;
    sheet[2].cache_off = true;
    const float on = cost(1);

    EXPECT_GT(cost(2), on);
    for (fleet::SheetRow& row : sheet) row.cache_off = true;
    EXPECT_EQ(decide().reason, Reason::load);
}

TEST_F(PrefixLoadPolicy, LeavesThePrefixWhenItsQueueCostsMore) {
    sheet[2].held_blocks = 4;  // 1,024 tokens saved
    sheet[2].waiting = 2;

    const Decision decision = decide();

    EXPECT_NE(decision.row, 2U);
    EXPECT_EQ(decision.reason, Reason::load);
}

TEST_F(PrefixLoadPolicy, LeavesThePrefixWhereAllWaitForAPlace) {
    sheet[2].batch_full = true;
    sheet[2].running = 128;
    sheet[2].waiting = 20;
    input.usual_output = 400;
    input.usual_uncached = 1;
    for (fleet::SheetRow& row : sheet) row.held_blocks = &row == &sheet[2] ? 16 : 14;

    EXPECT_NE(decide().row, 2U);

    sheet[2].batch_full = false;
    EXPECT_EQ(decide().row, 2U);
}

TEST_F(PrefixLoadPolicy, ValuesNoMoreThanThePrompt) {
    input.prompt_tokens = 300;
    sheet[0].held_blocks = 2;
    const float two = cost(0);

    sheet[0].held_blocks = 1000;

    EXPECT_EQ(cost(0), two);
}

/// Sends `requests` with the same prompt; each pick is charged with what is not cached there.
std::vector<std::uint32_t> send_burst(const Policy& policy, const Input& input,
                                      std::vector<fleet::SheetRow>& sheet, int requests) {
    Rng rng{7};
    std::vector<std::uint32_t> picks(sheet.size());
    for (int i = 0; i < requests; ++i) {
        const std::uint32_t row = policy.decide(input, sheet, rng).row;
        ++picks[row];
        fleet::SheetRow& chosen = sheet[row];
        const float held = static_cast<float>(chosen.held_blocks * input.block_tokens);
        chosen.prefill_tokens += std::max(0.0F, static_cast<float>(input.prompt_tokens) - held);
        chosen.in_flight += 1;
        chosen.running += 1;
    }
    return picks;
}

TEST_F(PrefixLoadPolicy, IsNotPinnedByASharedSystemPrompt) {
    sheet[0].held_blocks = 4;  // all prompts begin with the same 1,024 of their 4,096 tokens

    const auto picks = send_burst(*policy, input, sheet, 100);

    for (const std::uint32_t count : picks) EXPECT_GE(count, 15U);
    EXPECT_LE(picks[0], 50U);
}

TEST_F(PrefixLoadPolicy, WaitsLongerForAPrefixWhenPromptsWaitEverywhere) {
    sheet[2].held_blocks = 8;  // 2,048 tokens saved
    for (fleet::SheetRow& row : sheet) row.prefill_tokens = 8 * 1024;
    sheet[2].prefill_tokens += 3 * 2048;

    EXPECT_EQ(decide().row, 2U);
    for (fleet::SheetRow& row : sheet) row.prefill_tokens -= 8 * 1024;
    EXPECT_NE(decide().row, 2U);
}

TEST_F(PrefixLoadPolicy, OneCrowdedBackendMakesNoPrefixDearer) {
    sheet[2].held_blocks = 8;
    const float before = cost(1);

    sheet[2].prefill_tokens = 1e6F;

    EXPECT_LT(cost(1), 1.1F * before);
    EXPECT_NE(decide().row, 2U);
}

TEST_F(PrefixLoadPolicy, SpreadsABurstBetweenTwoPolls) {
    const auto picks = send_burst(*policy, input, sheet, 40);

    for (const std::uint32_t count : picks) EXPECT_EQ(count, 10U);
}

TEST_F(PrefixLoadPolicy, WhatAPromptEvictsCostsMoreTheMoreOfTheCacheIsInUse) {
    sheet[0].kv_use = 0;
    const float empty = cost(0);
    const auto uncached = static_cast<float>(sheet[0].rates.prefill_per_token) *
                          static_cast<float>(input.prompt_tokens);

    sheet[0].kv_use = 0.5F;

    EXPECT_NEAR(cost(0) - empty, 0.5F * uncached, 1e-5);
}

TEST_F(PrefixLoadPolicy, APromptThatIsCachedAvoidsAFullCacheOnlyBeyondTheKnee) {
    sheet[0].held_blocks = static_cast<std::uint32_t>(input.blocks.size());
    input.prompt_tokens = sheet[0].held_blocks * input.block_tokens;
    const float at_ease = cost(0);

    sheet[0].kv_use = 0.9F;
    EXPECT_EQ(cost(0), at_ease);
    sheet[0].kv_use = 0.95F;
    EXPECT_GT(cost(0), at_ease);
    sheet[0].kv_use = 0.7F;
    sheet[0].kv_growth = 0.2F;
    EXPECT_EQ(cost(0), at_ease);
    sheet[0].kv_growth = 0.25F;
    EXPECT_GT(cost(0), at_ease) << "soon it will be full";
    sheet[0].kv_use = -1;  // unknown: neutral
    EXPECT_EQ(cost(0), at_ease);
}

TEST_F(PrefixLoadPolicy, PrefersABackendWithRoomToOneThatHoldsThePrefixButIsFull) {
    sheet[1].held_blocks = 16;
    sheet[1].kv_use = 1;

    EXPECT_NE(decide().row, 1U);
}

TEST_F(PrefixLoadPolicy, PrefersTheBackendWhereTheAdapterIsThereSoonest) {
    using enum fleet::AdapterRoom;
    sheet[0].adapter.room = busy;
    sheet[1].adapter.room = idle;
    sheet[2].adapter.room = free;
    sheet[3].adapter.room = loaded;

    EXPECT_EQ(decide().row, 3U);

    EXPECT_GT(cost(0), cost(1));
    EXPECT_GT(cost(1), cost(2));
    EXPECT_GT(cost(2), cost(3));
}

TEST_F(PrefixLoadPolicy, PricesALoadAsItWasLearned) {
    sheet[0].adapter.room = fleet::AdapterRoom::free;
    sheet[0].rates.adapter_load = 2;

    EXPECT_FLOAT_EQ(policy->explain(input, sheet, 0)[6], 2);
    EXPECT_EQ(name(Term::adapter), "adapter");
}

TEST_F(PrefixLoadPolicy, LeavesALoadedAdapterWhoseQueueIsLongerThanALoad) {
    sheet[3].adapter.room = fleet::AdapterRoom::loaded;
    for (std::uint32_t row = 0; row < 3; ++row) sheet[row].adapter.room = fleet::AdapterRoom::free;
    sheet[3].prefill_tokens = 4000;  // 0.4 s, a load takes 0.15

    EXPECT_NE(decide().row, 3U);
}

TEST_F(PrefixLoadPolicy, WhoWaitsForASlotWaitsForOthersAnswersHoweverShortItsOwnIs) {
    sheet[0].adapter.room = fleet::AdapterRoom::busy;
    const float usual = cost(0);

    input.output_tokens = 1;

    EXPECT_EQ(cost(0), usual);
}

TEST_F(PrefixLoadPolicy, WhoWaitsForASlotWaitsForThoseAheadToo) {
    sheet[0].adapter = {fleet::AdapterRoom::busy, 0};
    sheet[1].adapter = {fleet::AdapterRoom::busy, 2};

    EXPECT_GT(cost(1), 2 * cost(0));
}

TEST_F(PrefixLoadPolicy, DoesNotCareForAdaptersWithoutNeed) {
    EXPECT_EQ(policy->explain(input, sheet, 0)[6], 0);
}

TEST_F(PrefixLoadPolicy, SumsItsTerms) {
    sheet[0].held_blocks = 2;
    sheet[0].waiting = 1;
    sheet[0].kv_use = 0.97F;
    sheet[0].weight = 2;
    sheet[0].adapter.room = fleet::AdapterRoom::idle;

    const auto terms = policy->explain(input, sheet, 0);

    float sum = 0;
    for (std::size_t i = 1; i < k_terms; ++i) sum += terms[i];
    EXPECT_FLOAT_EQ(terms[0], sum / 2);
}

TEST_F(PrefixLoadPolicy, PrefersTheStrongerOfEqualHolders) {
    sheet[1].weight = 4;

    EXPECT_EQ(decide().row, 1U);
}

// The engine that prefills four times as fast is worth a queue of its own.
TEST_F(PrefixLoadPolicy, ComparesBackendsByTheirOwnSpeed) {
    for (fleet::SheetRow& row : sheet) row.rates.prefill_per_token = 4e-4;
    sheet[1].rates.prefill_per_token = 1e-4;
    sheet[1].prefill_tokens = 8'192;
    EXPECT_EQ(decide().row, 1U);

    sheet[1].prefill_tokens = 16'384;
    EXPECT_NE(decide().row, 1U);
}

TEST_F(PrefixLoadPolicy, TellsItsTermsInSeconds) {
    sheet[0].rates = {.first_overhead = 0.02, .prefill_per_token = 1e-4};
    sheet[0].held_blocks = 8;
    sheet[0].prefill_tokens = 1'000;

    const auto terms = policy->explain(input, sheet, 0);

    EXPECT_FLOAT_EQ(terms[static_cast<std::size_t>(Term::prefill)], 0.02F + 0.4096F);
    EXPECT_FLOAT_EQ(terms[static_cast<std::size_t>(Term::prefix)], -0.2048F);
    EXPECT_FLOAT_EQ(terms[static_cast<std::size_t>(Term::queue)], 0.1F);
}

// Of what runs there, each answer waits while a prompt is prefilled.
TEST_F(PrefixLoadPolicy, SparesTheAnswersThatRun) {
    sheet[0].running = 30;

    EXPECT_NE(decide().row, 0U);
}

RC_GTEST_FIXTURE_PROP(PrefixLoadPolicy, CostsMoreTheMoreThereIsToDo, ()) {
    using rc::gen::inRange;
    fleet::SheetRow& row = sheet[0];
    row.waiting = static_cast<float>(*inRange(0, 9));
    row.running = static_cast<float>(*inRange(0, 99));
    row.prefill_tokens = static_cast<float>(*inRange(0, 9999));
    row.held_blocks = *inRange(0U, 20U);
    row.kv_use = static_cast<float>(*inRange(0, 90)) / 100;
    row.weight = static_cast<float>(*inRange(1, 9));
    const float before = cost(0);
    const auto with = [&](auto change) {
        const fleet::SheetRow saved = row;
        change(row);
        const float after = cost(0);
        row = saved;
        return after;
    };

    RC_ASSERT(with([](auto& r) { r.waiting += 1; }) > before);
    RC_ASSERT(with([](auto& r) { r.running += 1; }) > before);
    RC_ASSERT(with([](auto& r) { r.prefill_tokens += 100; }) > before);
    RC_ASSERT(with([](auto& r) { r.kv_use = 0.99F; }) > before);
    RC_ASSERT(with([](auto& r) { r.held_blocks += 1; }) <= before);
    RC_ASSERT(with([](auto& r) { r.weight += 1; }) < before);
}

}  // namespace
}  // namespace penstock::routing
