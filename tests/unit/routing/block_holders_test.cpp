#include "block_holders.h"

#include <map>
#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/base/rng.h"

namespace penstock::routing {
namespace {

TEST(BlockHolders, CountsWhoHoldsABlock) {
    BlockHolders holders{Scatter{1}};
    holders.add(5, 1);
    holders.add(5, 2);
    holders.add(6, 1);
    holders.remove(5, 1);
    holders.remove(7, 1);

    EXPECT_EQ(holders.count(5), 1U);
    EXPECT_EQ(holders.count(6), 1U);
    EXPECT_EQ(holders.count(7), 0U);
    EXPECT_EQ(holders.blocks(), 2U);
}

TEST(BlockHolders, SeesNothingBehindAGap) {
    BlockHolders holders{Scatter{1}};
    const std::vector<std::uint64_t> chain{10, 11, 12, 13};
    for (const std::uint64_t block : {10U, 12U, 13U}) holders.add(block, 4);
    for (const std::uint64_t block : {10U, 11U, 12U, 13U}) holders.add(block, 5);

    Holdings found;
    holders.match(chain, found);

    EXPECT_EQ(found.of(4), 1U);
    EXPECT_EQ(found.of(5), 4U);
}

RC_GTEST_PROP(HolderTable, DoesWhatAMapDoes, ()) {
    HolderTable table{Scatter{*rc::gen::arbitrary<std::uint64_t>()}, 0};
    std::map<std::uint64_t, std::uint32_t> model;
    for (int step = 0; step < 300; ++step) {
        const auto block = *rc::gen::inRange<std::uint64_t>(0, 60);
        if (*rc::gen::inRange(0, 5) < 3) {
            table.add(block, 1);
            ++model[block];
        } else {
            table.remove(block, 1);
            if (model.contains(block) && --model[block] == 0) model.erase(block);
        }
        RC_ASSERT(table.size() == model.size());
    }
    for (std::uint64_t block = 0; block < 60; ++block) {
        const SlotSet* slots = table.find(block);
        RC_ASSERT((slots == nullptr ? 0 : slots->size()) ==
                  (model.contains(block) ? model[block] : 0));
    }
}

TEST(HolderTable, ShrinksWhenMostHasGone) {
    HolderTable table{Scatter{3}, 0};
    for (std::uint64_t block = 0; block < 10'000; ++block) table.add(block, 1);
    const std::size_t full = table.bytes();
    for (std::uint64_t block = 0; block < 9'990; ++block) table.remove(block, 1);

    EXPECT_LT(table.bytes() * 64, full);
    for (std::uint64_t block = 9'990; block < 10'000; ++block) {
        EXPECT_NE(table.find(block), nullptr);
    }
}

}  // namespace
}  // namespace penstock::routing
