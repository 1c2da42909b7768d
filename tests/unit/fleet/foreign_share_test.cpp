#include "penstock/fleet/foreign_share.h"

#include <gtest/gtest.h>

#include <vector>

namespace penstock::fleet {
namespace {

std::vector<SheetRow> fresh_sheet(std::size_t rows) {
    return std::vector<SheetRow>(rows, {.fresh = true});
}

TEST(ForeignShare, IsNothingBeforeAnythingWasSeenAndWhenAllIsOurs) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(2);
    EXPECT_EQ(share.value(), 0);

    share.look(sheet);
    sheet[0].running = 8;
    sheet[0].in_flight = 9;  // one is still on its way
    share.look(sheet);

    EXPECT_EQ(share.value(), 0);
}

TEST(ForeignShare, IsWhatRunsAndIsNotOurs) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(2);
    sheet[0].running = 6;
    sheet[0].in_flight = 2;
    sheet[1].running = 1;
    sheet[1].waiting = 1;
    for (int i = 0; i < 3; ++i) share.look(sheet);

    EXPECT_FLOAT_EQ(share.value(), 0.75F);
}

TEST(ForeignShare, RemembersWhileTheFleetIsIdleAndForgetsSlowly) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(1);
    sheet[0].running = 4;
    share.look(sheet);
    sheet[0].running = 0;
    for (int i = 0; i < 50; ++i) share.look(sheet);
    EXPECT_FLOAT_EQ(share.value(), 1);

    sheet[0].running = 4;
    sheet[0].in_flight = 4;
    for (int i = 0; i < 1000; ++i) share.look(sheet);

    EXPECT_LT(share.value(), 0.01F);
}

TEST(ForeignShare, DoesNotBelieveOldSamples) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(1);
    sheet[0].running = 4;
    sheet[0].fresh = false;

    share.look(sheet);

    EXPECT_EQ(share.value(), 0);
}

}  // namespace
}  // namespace penstock::fleet
