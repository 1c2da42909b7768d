// What holds for every policy (design: "Contract of every scorer").
#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sheets.h"

namespace penstock::routing {

namespace {

constexpr PolicyName k_all[] = {PolicyName::prefix_load, PolicyName::least_load,
                                PolicyName::prefix_hash, PolicyName::round_robin,
                                PolicyName::random,      PolicyName::power_of_two};

class EveryPolicy : public testing::TestWithParam<PolicyName> {
protected:
    std::unique_ptr<Policy> policy = test::policy(GetParam());
    Rng rng{1};
    std::vector<std::uint64_t> blocks{11, 22, 33};
    Input input{.blocks = blocks, .prompt_tokens = 1000};
};

INSTANTIATE_TEST_SUITE_P(All, EveryPolicy, testing::ValuesIn(k_all),
                         [](const auto& each) { return testing::PrintToString(each.param); });

TEST_P(EveryPolicy, FindsNobodyInAnEmptySheet) {
    const Decision decision = policy->decide(input, {}, rng);

    EXPECT_FALSE(decision.found());
    EXPECT_EQ(decision.candidates, 0U);
    EXPECT_EQ(decision.reason, Reason::none);
}

TEST_P(EveryPolicy, FindsNobodyWhereAllAreUnfit) {
    auto sheet = test::idle_sheet(3);
    sheet[0].unfit = fleet::k_unhealthy;
    sheet[1].unfit = fleet::k_full;
    sheet[2].unfit = fleet::k_excluded;

    const Decision decision = policy->decide(input, sheet, rng);

    EXPECT_FALSE(decision.found());
    EXPECT_EQ(decision.candidates, 0U);
}

TEST_P(EveryPolicy, TakesTheOnlyFitOneAndSaysSo) {
    auto sheet = test::idle_sheet(3);
    sheet[0].unfit = fleet::k_unhealthy;
    sheet[2].unfit = fleet::k_draining;
    sheet[1].waiting = 1000;

    const Decision decision = policy->decide(input, sheet, rng);

    EXPECT_EQ(decision.row, 1U);
    EXPECT_EQ(decision.candidates, 1U);
    EXPECT_EQ(decision.reason, Reason::only);
}

TEST_P(EveryPolicy, GivesFiniteTerms) {
    auto sheet = test::idle_sheet(2);
    sheet[0] = {.slot = 0, .weight = 1e-3F, .running = 1e6F, .waiting = 1e6F, .kv_use = 1};
    sheet[1] = {.slot = 1, .weight = 1e3F, .held_blocks = 8192};
    input.prompt_tokens = 0xFFFFFFFF;
    input.block_tokens = 4096;

    for (const float term : policy->decide(input, sheet, rng).terms)
        EXPECT_TRUE(std::isfinite(term));
    for (std::uint32_t row = 0; row < 2; ++row) {
        for (const float term : policy->explain(input, sheet, row))
            EXPECT_TRUE(std::isfinite(term));
    }
}

TEST_P(EveryPolicy, DecidesTheSameByWeightsOfAnyScale) {
    const auto picks = [&](float weight) {
        auto sheet = test::idle_sheet(4);
        for (fleet::SheetRow& row : sheet) {
            row.weight = weight;
            row.running = row.in_flight = 3;
        }
        sheet[1].running = sheet[1].in_flight = 1;
        sheet[2].held_blocks = 2;
        return test::histogram(*policy, input, sheet, 300);
    };

    EXPECT_EQ(picks(1000), picks(1));
    EXPECT_EQ(picks(0.001F), picks(1));
}

TEST_P(EveryPolicy, ExplainsTheChosenRowAsItDecided) {
    auto sheet = test::idle_sheet(4);
    for (std::uint32_t i = 0; i < 4; ++i) sheet[i].running = static_cast<float>(i);

    const Decision decision = policy->decide(input, sheet, rng);

    EXPECT_EQ(decision.terms, policy->explain(input, sheet, decision.row));
}

TEST_P(EveryPolicy, ExplainsAllRowsAsItExplainsEach) {
    auto sheet = test::idle_sheet(4);
    for (std::uint32_t i = 0; i < 4; ++i) sheet[i].prefill_tokens = static_cast<float>(4096 * i);
    sheet[1].unfit = fleet::k_draining;
    std::vector<std::array<float, k_terms>> all(sheet.size());

    policy->explain_all(input, sheet, all);

    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(all[i], policy->explain(input, sheet, i));
}

TEST_P(EveryPolicy, IsTheSameForTheSameSeed) {
    const auto sheet = test::idle_sheet(8);
    Rng again{1};

    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(policy->decide(input, sheet, rng).row, policy->decide(input, sheet, again).row);
    }
}

fleet::SheetRow any_row() {
    using rc::gen::inRange;
    fleet::SheetRow row;
    row.identity = *rc::gen::arbitrary<std::uint64_t>();
    row.unfit = *rc::gen::element<std::uint8_t>(fleet::k_fit, fleet::k_fit, fleet::k_full);
    row.fresh = *rc::gen::arbitrary<bool>();
    row.weight = static_cast<float>(*inRange(1, 5));
    row.running = static_cast<float>(*inRange(0, 40));
    row.waiting = static_cast<float>(*inRange(0, 5));
    row.in_flight = static_cast<float>(*inRange(0, 40));
    row.kv_use = static_cast<float>(*inRange(-1, 100)) / 100;
    row.prefill_tokens = static_cast<float>(*inRange(0, 5000));
    row.held_blocks = *inRange(0U, 4U);
    return row;
}

RC_GTEST_PROP(Policies, NeverPickTheUnfitAndCountTheFit, ()) {
    std::vector<fleet::SheetRow> sheet(*rc::gen::inRange<std::size_t>(0, 12));
    std::generate(sheet.begin(), sheet.end(), any_row);
    const auto fit = static_cast<std::uint32_t>(std::count_if(
        sheet.begin(), sheet.end(), [](const auto& row) { return row.unfit == fleet::k_fit; }));
    const std::vector<std::uint64_t> blocks{5, 6, 7};
    Rng rng{*rc::gen::arbitrary<std::uint64_t>()};
    for (const PolicyName name : k_all) {
        const Input input{.blocks = blocks,
                          .prompt_tokens = 700,
                          .session = *rc::gen::inRange<std::uint64_t>(0, 2),
                          .sequence = *rc::gen::arbitrary<std::uint64_t>()};
        const Decision decision = test::policy(name)->decide(input, sheet, rng);

        RC_ASSERT(decision.found() == (fit > 0));
        RC_ASSERT(decision.candidates == fit);
        if (decision.found()) RC_ASSERT(sheet[decision.row].unfit == fleet::k_fit);
    }
}

// Of those that choose by the rows alone, without chance: where a row stands does not matter.
RC_GTEST_PROP(Policies, ChooseTheSameBackendWhereverItStands, ()) {
    std::vector<fleet::SheetRow> sheet(*rc::gen::inRange<std::size_t>(1, 10));
    for (std::size_t i = 0; i < sheet.size(); ++i) {
        sheet[i] = any_row();
        sheet[i].identity = i * 7919 + 13;
        sheet[i].weight = 1;
        sheet[i].running = static_cast<float>(i * 100);  // no ties
    }
    auto moved = sheet;
    const auto by = *rc::gen::inRange<std::size_t>(0, sheet.size());
    std::rotate(moved.begin(), moved.begin() + static_cast<std::ptrdiff_t>(by), moved.end());
    const std::vector<std::uint64_t> blocks{*rc::gen::arbitrary<std::uint64_t>()};
    const Input input{.blocks = blocks, .prompt_tokens = 700};
    Rng rng{1};
    for (const PolicyName name :
         {PolicyName::prefix_load, PolicyName::least_load, PolicyName::prefix_hash}) {
        const auto policy = test::policy(name);
        const Decision a = policy->decide(input, sheet, rng);
        const Decision b = policy->decide(input, moved, rng);

        RC_ASSERT(a.found() == b.found());
        if (a.found()) RC_ASSERT(sheet[a.row].identity == moved[b.row].identity);
    }
}

/// Fit rows in all, of which each must get its share within five standard deviations.
void expect_shares(const std::vector<std::uint32_t>& picks, const std::vector<double>& shares) {
    const double rounds = std::accumulate(picks.begin(), picks.end(), 0.0);
    for (std::size_t i = 0; i < picks.size(); ++i) {
        const double wanted = rounds * shares[i];
        EXPECT_NEAR(picks[i], wanted, 5 * std::sqrt(wanted * (1 - shares[i])) + 1) << "row " << i;
    }
}

TEST_P(EveryPolicy, GivesEqualOnesEqualShares) {
    auto sheet = test::idle_sheet(5);
    sheet[1].unfit = fleet::k_full;
    input.blocks = {};  // else prefix_hash chooses by the prompt

    const auto picks = test::histogram(*policy, input, sheet, 20'000);

    expect_shares(picks, {0.25, 0, 0.25, 0.25, 0.25});
}

TEST(Weights, DivideTurnsAndChance) {
    auto sheet = test::idle_sheet(3);
    sheet[1].weight = 2;
    sheet[2].weight = 5;
    for (const PolicyName name : {PolicyName::round_robin, PolicyName::random}) {
        const auto picks = test::histogram(*test::policy(name), {}, sheet, 20'000);
        expect_shares(picks, {0.125, 0.25, 0.625});
    }
}

TEST(Weights, DivideLoad) {
    auto sheet = test::idle_sheet(2);
    sheet[1].weight = 3;
    sheet[0].running = 10;
    Rng rng{1};
    for (const PolicyName name : {PolicyName::least_load, PolicyName::power_of_two}) {
        sheet[1].running = 29;
        EXPECT_EQ(test::policy(name)->decide({}, sheet, rng).row, 1U);
        sheet[1].running = 31;
        EXPECT_EQ(test::policy(name)->decide({}, sheet, rng).row, 0U);
    }
}

TEST(InSeconds, IsPrefixLoadAlone) {
    for (const PolicyName name : k_all)
        EXPECT_EQ(test::policy(name)->in_seconds(), name == PolicyName::prefix_load);
}

}  // namespace
}  // namespace penstock::routing
