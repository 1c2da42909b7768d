// Preferences with policies that weigh no prices, and with the one that does.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sheets.h"

namespace penstock::routing {
namespace {

constexpr PolicyName k_weightless[] = {PolicyName::least_load, PolicyName::prefix_hash,
                                       PolicyName::round_robin, PolicyName::random,
                                       PolicyName::power_of_two};

class Preferring : public testing::TestWithParam<PolicyName> {
protected:
    std::vector<std::uint32_t> picks() {
        pass_over(sheet);
        return test::histogram(*test::policy(GetParam()), {}, sheet, 200);
    }
    std::vector<fleet::SheetRow> sheet = test::idle_sheet(4);
};

INSTANTIATE_TEST_SUITE_P(All, Preferring, testing::ValuesIn(k_weightless), [](const auto& each) {
    return std::string{test::policy(each.param)->name()};
});

TEST_P(Preferring, StaysWherePreferredHoweverLongTheQueue) {
    sheet[0].place_price = sheet[1].place_price = 0.05F;
    sheet[2].waiting = sheet[3].waiting = 100;

    const auto picked = picks();

    EXPECT_EQ(picked[0] + picked[1], 0U);
    EXPECT_GT(picked[2], 0U);
    EXPECT_GT(picked[3], 0U);
}

TEST_P(Preferring, GoesElsewhereWhenNoPreferredOneIsFit) {
    sheet[0].place_price = 0.1F;
    sheet[1].place_price = 0.05F;
    sheet[2].unfit = fleet::k_full;
    sheet[3].unfit = fleet::k_unhealthy;

    EXPECT_EQ(picks(), (std::vector<std::uint32_t>{0, 200, 0, 0}));
}

TEST(PrefixLoadPlace, SpillsWhereThatSavesMoreThanThePrice) {
    const auto policy = test::policy(PolicyName::prefix_load);
    auto sheet = test::idle_sheet(2);
    sheet[1].place_price = 0.05F;
    pass_over(sheet);
    const Input input{.prompt_tokens = 100};
    Rng rng{1};
    const float per_token = sheet[0].rates.prefill_per_token;

    sheet[0].prefill_tokens = 0.04F / per_token;
    EXPECT_EQ(policy->decide(input, sheet, rng).row, 0U);
    sheet[0].prefill_tokens = 0.06F / per_token;
    const Decision decision = policy->decide(input, sheet, rng);

    EXPECT_EQ(decision.row, 1U);
    EXPECT_EQ(decision.candidates, 2U);
    EXPECT_FLOAT_EQ(decision.terms[static_cast<std::size_t>(Term::place)], 0.05F);
    EXPECT_EQ(name(Term::place), "place");
}

RC_GTEST_PROP(PassOver, LeavesOneOfTheFit, ()) {
    std::vector<fleet::SheetRow> sheet(*rc::gen::inRange<std::size_t>(1, 10));
    bool any_fit = false;
    for (fleet::SheetRow& row : sheet) {
        row.unfit = *rc::gen::element<std::uint8_t>(fleet::k_fit, fleet::k_full);
        row.place_price = static_cast<float>(*rc::gen::inRange(0, 3));
        row.move_price = static_cast<float>(*rc::gen::inRange(0, 3));
        row.out_of_place = *rc::gen::arbitrary<bool>();  // of an older look
        row.off_home = *rc::gen::arbitrary<bool>();
        any_fit = any_fit || row.unfit == fleet::k_fit;
    }

    pass_over(sheet);

    const bool any_wanted = std::any_of(sheet.begin(), sheet.end(), [](const auto& row) {
        return row.unfit == fleet::k_fit && !row.out_of_place && !row.off_home;
    });
    RC_ASSERT(any_wanted == any_fit);
}

}  // namespace
}  // namespace penstock::routing
