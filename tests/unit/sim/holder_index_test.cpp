#include "peers/holder_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::sim {
namespace {

using testing::ElementsAre;
using Order = HolderIndex::Order;
using Chain = std::vector<std::uint64_t>;

TEST(HolderIndex, HolderIndex_MatchesFromTheRootWithoutGaps) {
    HolderIndex index{3, 100, Order::tail_first};
    index.insert(0, Chain{1, 2, 3});
    index.insert(1, Chain{1});
    index.insert(2, Chain{3});

    EXPECT_THAT(index.match(Chain{1, 2, 3, 4}), ElementsAre(3, 1, 0));
}

TEST(HolderIndex, HolderIndex_WithGapsCountsUpToWhatNobodyHas) {
    HolderIndex index{3, 100, Order::tail_first};
    index.insert(0, Chain{1, 2, 3});
    index.insert(2, Chain{3, 5});

    EXPECT_THAT(index.match_with_gaps(Chain{1, 2, 3, 4, 5}), ElementsAre(3, 0, 1));
}

TEST(HolderIndex, HolderIndex_TailFirstKeepsTheRoot) {
    HolderIndex index{1, 2, Order::tail_first};
    index.insert(0, Chain{1, 2, 3});

    EXPECT_THAT(index.match(Chain{1, 2, 3}), ElementsAre(2));
}

TEST(HolderIndex, HolderIndex_RootFirstLosesTheRoot) {
    HolderIndex index{1, 2, Order::root_first};
    index.insert(0, Chain{1, 2, 3});

    EXPECT_THAT(index.match(Chain{1, 2, 3}), ElementsAre(0));
    EXPECT_EQ(index.holders(1), nullptr);
}

TEST(HolderIndex, HolderIndex_OneBoundForAllForgetsTheOldestOfAnybody) {
    HolderIndex index{2, 3, Order::tail_first, HolderIndex::Bound::all};
    index.insert(0, Chain{1, 2});
    index.insert(1, Chain{1});
    EXPECT_THAT(index.match(Chain{1, 2}), ElementsAre(2, 1));

    index.insert(1, Chain{9});

    EXPECT_THAT(index.match(Chain{1, 2}), ElementsAre(1, 1));
    EXPECT_EQ(index.holders(2), nullptr);
}

TEST(HolderIndex, HolderIndex_TheLastToGetABlockStandsLast) {
    HolderIndex index{2, 100, Order::tail_first};
    index.insert(0, Chain{1});
    index.insert(1, Chain{1});
    EXPECT_THAT(*index.holders(1), ElementsAre(0, 1));

    index.insert(0, Chain{1});

    EXPECT_THAT(*index.holders(1), ElementsAre(1, 0));
}

}  // namespace
}  // namespace penstock::sim
