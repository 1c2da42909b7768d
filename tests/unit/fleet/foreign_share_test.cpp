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
    std::vector<SheetRow> sheet = fresh_sheet(4);
    sheet[0].running = 6;
    sheet[0].in_flight = 3;
    sheet[1].running = 1;
    sheet[1].waiting = 1;
    sheet[2].running = 9;
    sheet[2].in_flight = 2;  // most of all: left out. An idle one has no share.
    for (int i = 0; i < 3; ++i) share.look(sheet);

    EXPECT_FLOAT_EQ(share.value(), 0.75F);
}

TEST(ForeignShare, OneEnginesWordMakesNoOthers) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(4);
    sheet[0].running = 1000;
    for (int i = 0; i < 50; ++i) share.look(sheet);  // the others idle, as far as it is seen
    EXPECT_EQ(share.value(), 0);

    sheet[1].running = sheet[1].in_flight = 2;
    for (int i = 0; i < 50; ++i) share.look(sheet);
    EXPECT_EQ(share.value(), 0);
}

TEST(ForeignShare, ALieOfTwoCountsNoMoreThanTheirNumber) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(8);
    for (SheetRow& row : sheet) row.running = row.in_flight = 2;
    sheet[0].running = sheet[1].running = 1e6F;
    for (int i = 0; i < 50; ++i) share.look(sheet);

    EXPECT_NEAR(share.value(), 1.0F / 7, 0.001);
}

TEST(ForeignShare, RemembersWhileTheFleetIsIdleAndForgetsSlowly) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(2);
    for (SheetRow& row : sheet) row.running = 4;
    share.look(sheet);
    for (SheetRow& row : sheet) row.running = 0;
    for (int i = 0; i < 50; ++i) share.look(sheet);
    EXPECT_FLOAT_EQ(share.value(), 1);

    for (SheetRow& row : sheet) row.running = row.in_flight = 4;
    for (int i = 0; i < 1000; ++i) share.look(sheet);

    EXPECT_LT(share.value(), 0.01F);
}

TEST(ForeignShare, DoesNotBelieveOldSamples) {
    ForeignShare share;
    std::vector<SheetRow> sheet = fresh_sheet(2);
    for (SheetRow& row : sheet) {
        row.running = 4;
        row.fresh = false;
    }

    share.look(sheet);

    EXPECT_EQ(share.value(), 0);
}

}  // namespace
}  // namespace penstock::fleet
