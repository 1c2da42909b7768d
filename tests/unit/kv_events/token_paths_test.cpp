#include "token_paths.h"

#include <gtest/gtest.h>

namespace penstock::kv_events {

namespace {

void hold(TokenPaths& paths, PathKey key) {
    paths.hold(key, {.parent = 0, .root = 0, .tokens = 16});
}

TEST(TokenPaths, RemembersSoMuchOfWhatNobodyHolds) {
    TokenPaths paths;
    hold(paths, 1);
    paths.set_anchor(77, {.path = 1});
    paths.release(1);
    for (PathKey key = 2; key <= TokenPaths::k_remembered_max; ++key) {
        hold(paths, key);
        paths.release(key);
    }
    ASSERT_NE(paths.find(1), nullptr);
    ASSERT_NE(paths.anchor_of(77), nullptr);

    hold(paths, TokenPaths::k_remembered_max + 1);
    paths.release(TokenPaths::k_remembered_max + 1);

    EXPECT_EQ(paths.find(1), nullptr);
    EXPECT_EQ(paths.anchor_of(77), nullptr);
    EXPECT_EQ(paths.size(), TokenPaths::k_remembered_max);
}

TEST(TokenPaths, ForgetsNothingThatIsHeldAgain) {
    TokenPaths paths;
    hold(paths, 1);
    paths.release(1);
    hold(paths, 1);
    for (PathKey key = 2; key <= TokenPaths::k_remembered_max + 2; ++key) {
        hold(paths, key);
        paths.release(key);
    }

    EXPECT_NE(paths.find(1), nullptr);
}

TEST(TokenPaths, TellsAChainWhoseEveryPartIsKnown) {
    TokenPaths paths;
    hold(paths, 1);
    hold(paths, 2);
    paths.set_anchor(10, {.path = 1, .before = 0, .index = 0});
    paths.set_anchor(11, {.path = 2, .before = 10, .index = 1});
    paths.set_anchor(13, {.path = 2, .before = 12, .index = 3});
    std::vector<std::uint64_t> chain;

    paths.chain_to(11, chain);
    EXPECT_EQ(chain, (std::vector<std::uint64_t>{10, 11}));
    paths.chain_to(13, chain);

    EXPECT_TRUE(chain.empty());
}

TEST(TokenPaths, MovesAnAnchor) {
    TokenPaths paths;
    hold(paths, 1);
    hold(paths, 2);
    paths.set_anchor(10, {.path = 1});

    paths.set_anchor(10, {.path = 2});

    EXPECT_TRUE(paths.blocks_at(1).empty());
    ASSERT_EQ(paths.blocks_at(2).size(), 1U);
    EXPECT_EQ(paths.anchor_of(10)->path, 2U);
}

}  // namespace

}  // namespace penstock::kv_events
