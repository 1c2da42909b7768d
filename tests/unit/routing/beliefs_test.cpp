#include "penstock/routing/beliefs.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "rendezvous.h"
#include "sheets.h"

namespace penstock::routing {
namespace {

class Beliefs : public testing::Test {
protected:
    void SetUp() override {
        std::iota(blocks.begin(), blocks.end(), 1000);
        input.blocks = blocks;
    }
    std::uint32_t common() const { return rendezvous(rendezvous_key(input), sheet, 2); }
    void believe(const PrefixHomes::Home& home, float foreign) {
        add_beliefs(input, home, foreign, sheet);
    }

    std::vector<std::uint64_t> blocks = std::vector<std::uint64_t>(20);
    std::vector<fleet::SheetRow> sheet = test::idle_sheet(8);
    Input input{.prompt_tokens = 5120, .block_tokens = 256};
};

TEST_F(Beliefs, WithoutAHomeOrOtherProxiesNothingIsAdded) {
    believe({}, 0);

    for (const fleet::SheetRow& row : sheet) EXPECT_EQ(row.held_blocks, 0U);
}

TEST_F(Beliefs, APartOfWhatWasForgottenMayBeThereStill) {
    sheet[3].held_blocks = 5;

    believe({.slot = sheet[3].slot, .blocks = 15}, 0);

    EXPECT_EQ(sheet[3].held_blocks, 8U);
}

TEST_F(Beliefs, AHomeAddsNothingToWhatTheIndexKnows) {
    sheet[3].held_blocks = 15;

    believe({.slot = sheet[3].slot, .blocks = 10}, 0);

    EXPECT_EQ(sheet[3].held_blocks, 15U);
}

TEST_F(Beliefs, AnUnfitOrUnknownHomeIsPassedOver) {
    sheet[3].unfit = fleet::k_draining;

    believe({.slot = sheet[3].slot, .blocks = 20}, 0);
    believe({.slot = 4095, .blocks = 20}, 0);

    for (const fleet::SheetRow& row : sheet) EXPECT_EQ(row.held_blocks, 0U);
}

TEST_F(Beliefs, OtherProxiesHaveSentASessionToItsCommonHome) {
    input.session = 77;

    believe({}, 0.4F);

    for (std::uint32_t i = 0; i < sheet.size(); ++i) {
        EXPECT_EQ(sheet[i].held_blocks, i == common() ? 12U : 0U);
    }
}

TEST_F(Beliefs, ALittleForeignTrafficIsOurOwnSeenLate) {
    believe({}, 0.2F);

    for (const fleet::SheetRow& row : sheet) EXPECT_EQ(row.held_blocks, 0U);
}

TEST_F(Beliefs, ACopyThatTheIndexKnowsOfIsWorthMore) {
    sheet[(common() + 1) % 8].held_blocks = 20;

    believe({}, 1);

    EXPECT_EQ(sheet[common()].held_blocks, 18U);
}

TEST_F(Beliefs, ACrowdedCommonHomeGivesWayToTheNext) {
    const std::uint32_t crowded = common();
    for (fleet::SheetRow& row : sheet) row.running = 2;
    sheet[crowded].running = 40;

    believe({}, 1);

    EXPECT_NE(common(), crowded);
    EXPECT_EQ(sheet[crowded].held_blocks, 0U);
    EXPECT_GT(sheet[common()].held_blocks, 0U);
}

TEST_F(Beliefs, ARequestWithoutAPromptChangesNothing) {
    input.blocks = {};
    input.session = 77;

    believe({.slot = sheet[1].slot, .blocks = 3}, 1);

    for (const fleet::SheetRow& row : sheet) EXPECT_EQ(row.held_blocks, 0U);
}

}  // namespace
}  // namespace penstock::routing
