#include "block_cache.h"

#include <vector>

#include <gtest/gtest.h>

namespace penstock::sim {
namespace {

using Chain = std::vector<std::uint64_t>;

std::vector<BlockCache::Block> compute(BlockCache& cache, const Chain& chain) {
    std::vector<BlockCache::Block> blocks;
    for (const std::uint64_t hash : chain) {
        blocks.push_back(*cache.allocate());
        cache.set_name(blocks.back(), hash);
    }
    return blocks;
}

TEST(BlockCache, BlockCache_GivesAsManyBlocksAsItHasAndNotOneMore) {
    BlockCache cache{3};

    EXPECT_TRUE(cache.allocate().has_value());
    EXPECT_TRUE(cache.allocate().has_value());
    EXPECT_TRUE(cache.allocate().has_value());

    EXPECT_FALSE(cache.allocate().has_value());
    EXPECT_EQ(cache.available(), 0U);
}

TEST(BlockCache, BlockCache_MatchesNamedBlocksOnlyFromTheRoot) {
    BlockCache cache{8};
    compute(cache, {1, 2, 4});

    EXPECT_EQ(cache.match(Chain{1, 2, 3, 4}), 2U);
    EXPECT_EQ(cache.match(Chain{2, 4}), 2U);
    EXPECT_EQ(cache.match(Chain{9, 1}), 0U);
    EXPECT_EQ(cache.match(Chain{}), 0U);
}

TEST(BlockCache, BlockCache_KeepsReleasedBlocksUntilRoomIsNeeded) {
    BlockCache cache{3};
    cache.release(compute(cache, {1, 2, 3}));

    EXPECT_EQ(cache.available(), 3U);
    EXPECT_EQ(cache.match(Chain{1, 2, 3}), 3U);
}

TEST(BlockCache, BlockCache_EvictsTheTailOfAChainFirst) {
    BlockCache cache{3};
    cache.release(compute(cache, {1, 2, 3}));

    ASSERT_TRUE(cache.allocate().has_value());

    EXPECT_EQ(cache.match(Chain{1, 2, 3}), 2U);
}

TEST(BlockCache, BlockCache_EvictsTheChainReleasedLongestAgo) {
    BlockCache cache{4};
    const auto older = compute(cache, {1, 2});
    const auto younger = compute(cache, {11, 12});
    cache.release(older);
    cache.release(younger);

    ASSERT_TRUE(cache.allocate().has_value());
    ASSERT_TRUE(cache.allocate().has_value());

    EXPECT_EQ(cache.match(Chain{1, 2}), 0U);
    EXPECT_EQ(cache.match(Chain{11, 12}), 2U);
}

TEST(BlockCache, BlockCache_UseMakesAChainYoungAgain) {
    BlockCache cache{4};
    cache.release(compute(cache, {1, 2}));
    cache.release(compute(cache, {11, 12}));
    const std::vector<BlockCache::Block> used{cache.acquire(1), cache.acquire(2)};
    cache.release(used);

    ASSERT_TRUE(cache.allocate().has_value());
    ASSERT_TRUE(cache.allocate().has_value());

    EXPECT_EQ(cache.match(Chain{1, 2}), 2U);
    EXPECT_EQ(cache.match(Chain{11, 12}), 0U);
}

TEST(BlockCache, BlockCache_NeverEvictsAReferencedBlock) {
    BlockCache cache{2};
    compute(cache, {1});
    const std::vector<BlockCache::Block> other{*cache.allocate()};

    EXPECT_FALSE(cache.allocate().has_value());
    cache.release(other);
    EXPECT_TRUE(cache.allocate().has_value());

    EXPECT_EQ(cache.match(Chain{1}), 1U);
}

TEST(BlockCache, BlockCache_ABlockSharedByTwoIsFreeWhenBothHaveReleasedIt) {
    BlockCache cache{1};
    const auto first = compute(cache, {1});
    const std::vector<BlockCache::Block> second{cache.acquire(1)};

    cache.release(first);
    EXPECT_EQ(cache.available(), 0U);
    cache.release(second);

    EXPECT_EQ(cache.available(), 1U);
}

TEST(BlockCache, BlockCache_OfTwoBlocksWithOneHashKeepsTheFirst) {
    BlockCache cache{3};
    const auto first = compute(cache, {1});
    const auto twin = compute(cache, {1});

    cache.release(twin);
    EXPECT_EQ(cache.named(), 1U);
    cache.release(first);

    EXPECT_EQ(cache.named(), 1U);
    EXPECT_EQ(cache.available(), 3U);
}

TEST(BlockCache, BlockCache_AnUnnamedBlockIsForgottenWhenReleased) {
    BlockCache cache{2};
    cache.release(compute(cache, {1}));
    const std::vector<BlockCache::Block> unnamed{*cache.allocate()};

    cache.release(unnamed);
    ASSERT_TRUE(cache.allocate().has_value());

    EXPECT_EQ(cache.match(Chain{1}), 1U);
}

TEST(BlockCache, BlockCache_ClearMakesItCold) {
    BlockCache cache{2};
    cache.release(compute(cache, {1, 2}));

    cache.clear();

    EXPECT_EQ(cache.match(Chain{1, 2}), 0U);
    EXPECT_EQ(cache.available(), 2U);
}

}  // namespace
}  // namespace penstock::sim
