// What a request adds to the loads, and what it leaves alone.
#include "penstock/routing/survey.h"

#include <gtest/gtest.h>

#include <numeric>

#include "sheets.h"

namespace penstock::routing {
namespace {

class SurveyTest : public testing::Test {
protected:
    SurveyTest() {
        std::iota(blocks.begin(), blocks.end(), 100U);
        input.blocks = blocks;
    }
    void survey_with(Memories memories) { survey(input, memories, sheet); }
    [[nodiscard]] std::vector<std::uint32_t> held() const {
        std::vector<std::uint32_t> counts;
        for (const fleet::SheetRow& row : sheet) counts.push_back(row.held_blocks);
        return counts;
    }

    std::vector<std::uint64_t> blocks = std::vector<std::uint64_t>(10);
    Input input;
    PrefixIndex index{1};
    Holdings holdings;
    fleet::ForeignShare foreign;
    std::vector<fleet::SheetRow> sheet = test::idle_sheet(3);
};

TEST_F(SurveyTest, TellsWhatTheIndexKnowsAndWhatItHasForgotten) {
    std::vector<std::uint64_t> newer(10);
    std::iota(newer.begin(), newer.end(), 500U);
    index.set_capacity(1, 10);
    index.insert(1, blocks);
    index.insert(1, newer);
    index.insert(0, std::span{blocks}.first(4));

    survey_with({.index = &index, .holdings = holdings, .foreign = foreign});

    EXPECT_EQ(held()[0], 4U);
    EXPECT_GT(held()[1], 0U);
    EXPECT_EQ(held()[2], 0U);
}

TEST_F(SurveyTest, LooksAtNoPrefixWhereNoPolicyDoes) {
    index.insert(1, blocks);
    sheet[0].running = 9;  // another's

    survey_with({.holdings = holdings, .foreign = foreign});

    EXPECT_EQ(held(), (std::vector<std::uint32_t>{0, 0, 0}));
    EXPECT_EQ(foreign.value(), 0);
}

TEST_F(SurveyTest, AQuestionTeachesNothing) {
    for (fleet::SheetRow& row : sheet) row.running = 9;

    survey_with({.index = &index, .holdings = holdings, .foreign = foreign, .learns = false});
    EXPECT_EQ(foreign.value(), 0);
    survey_with({.index = &index, .holdings = holdings, .foreign = foreign});

    EXPECT_GT(foreign.value(), 0);
}

TEST_F(SurveyTest, PassesOverWhatCostsASessionItsHome) {
    input.session = 5;

    survey_with({.holdings = holdings, .foreign = foreign, .home = {.slot = 1, .worth = 0.5F}});

    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(sheet[i].off_home, i != 1);
        EXPECT_EQ(sheet[i].move_price, i != 1 ? 0.5F : 0.0F);
    }
}

TEST_F(SurveyTest, PassesOverDearPlacesAlsoWithoutASession) {
    sheet[2].place_price = 0.1F;

    survey_with({.holdings = holdings, .foreign = foreign, .place_priced = true});

    EXPECT_FALSE(sheet[0].out_of_place);
    EXPECT_TRUE(sheet[2].out_of_place);
}

}  // namespace
}  // namespace penstock::routing
