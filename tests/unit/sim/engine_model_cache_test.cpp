#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model_driver.h"

namespace penstock::sim {
namespace {

using testing::ElementsAre;

TEST(EngineModelCache, EngineModel_ASecondPromptPaysOnlyForWhatIsNew) {
    ModelDriver driver;
    driver.submit(chain(1, 5), 20, 1);
    driver.run();
    const Micros before = driver.now;

    const RequestId second = driver.submit(chain(1, 6), 24, 1);

    EXPECT_EQ(driver.model.cached_tokens(second), 20U);
    driver.run();
    EXPECT_EQ(driver.now - before, Micros{400});
}

TEST(EngineModelCache, EngineModel_TheLastTokenIsAlwaysComputedAnew) {
    ModelDriver driver;
    driver.submit(chain(1, 5), 20, 1);
    driver.run();

    const RequestId same = driver.submit(chain(1, 5), 20, 1);
    EXPECT_EQ(driver.model.cached_tokens(same), 16U);
    driver.run();
    const RequestId longer = driver.submit(chain(1, 5), 21, 1);

    EXPECT_EQ(driver.model.cached_tokens(longer), 20U);
}

TEST(EngineModelCache, EngineModel_WhatIsBeingComputedIsNotYetInTheCache) {
    EngineProfile profile = small_profile();
    profile.max_prefill_tokens_per_step = 32;
    ModelDriver driver{profile};
    driver.submit(1, 1);
    driver.submit(chain(1, 4), 16, 1);
    const RequestId twin = driver.submit(chain(1, 4), 16, 1);
    driver.run();

    EXPECT_EQ(driver.model.cached_tokens(twin), 0U);
    EXPECT_EQ(driver.model.stats().cache_hits, 0U);
}

TEST(EngineModelCache, EngineModel_AQueuedRequestFindsWhatWasComputedMeanwhile) {
    EngineProfile profile = small_profile();
    profile.max_running = 1;
    ModelDriver driver{profile};
    driver.submit(chain(1, 4), 16, 1);
    const RequestId queued = driver.submit(chain(1, 4), 17, 1);
    EXPECT_EQ(driver.model.cached_tokens(queued), 0U);

    driver.step();

    EXPECT_EQ(driver.model.cached_tokens(queued), 16U);
}

TEST(EngineModelCache, EngineModel_CachedTokensAreToldForTheStepOfTheLastTokenAndThenForgotten) {
    ModelDriver driver;
    driver.submit(chain(1, 4), 16, 1);
    driver.run();
    const RequestId id = driver.submit(chain(1, 4), 17, 1);

    driver.step();
    EXPECT_EQ(driver.model.cached_tokens(id), 16U);
    driver.submit(1, 1);
    driver.step();

    EXPECT_EQ(driver.model.cached_tokens(id), 0U);
}

TEST(EngineModelCache, EngineModel_CountsQueriesAndHitsInTokens) {
    ModelDriver driver;
    driver.submit(chain(1, 5), 20, 1);
    driver.run();
    driver.submit(chain(1, 5), 22, 1);
    driver.run();

    EXPECT_EQ(driver.model.stats().cache_queries, 42U);
    EXPECT_EQ(driver.model.stats().cache_hits, 20U);
}

TEST(EngineModelCache, EngineModel_EvictsWhatWasUsedLongestAgo) {
    ModelDriver driver;  // 32 blocks
    driver.submit(chain(100, 12), 48, 1);
    driver.run();
    driver.submit(chain(200, 12), 48, 1);
    driver.run();
    driver.submit(chain(300, 20), 80, 1);  // 12 more than are free
    driver.run();

    const RequestId young = driver.submit(chain(200, 12), 49, 1);
    EXPECT_EQ(driver.model.cached_tokens(young), 48U);
    driver.model.abort(young);
    const RequestId old = driver.submit(chain(100, 12), 49, 1);

    EXPECT_EQ(driver.model.cached_tokens(old), 0U);
}

TEST(EngineModelCache, EngineModel_ReportsTheShareOfBlocksInUse) {
    ModelDriver driver;  // 32 blocks of 4
    driver.submit(31, 2);
    driver.step();
    EXPECT_DOUBLE_EQ(driver.model.stats().kv_use, 8.0 / 32);  // 31 tokens and the one generated

    driver.step();

    EXPECT_DOUBLE_EQ(driver.model.stats().kv_use, 0.0);
}

TEST(EngineModelCache, EngineModel_AbortGivesTheBlocksBackAndKeepsThePrefix) {
    ModelDriver driver;
    const RequestId id = driver.submit(chain(1, 4), 16, 50);
    driver.step();

    driver.model.abort(id);

    EXPECT_DOUBLE_EQ(driver.model.stats().kv_use, 0.0);
    const RequestId next = driver.submit(chain(1, 4), 17, 1);
    EXPECT_EQ(driver.model.cached_tokens(next), 16U);
}

// Two requests of 8 blocks at first in a cache of 17: when both have grown by one block no room is
// left for the second of the younger, which goes back to the queue.
TEST(EngineModelCache, EngineModel_WhoCameLastIsPreemptedWhenTheCacheIsFull) {
    EngineProfile profile = small_profile();
    profile.kv_blocks = 17;
    ModelDriver driver{profile};
    const RequestId older = driver.submit(32, 12);
    const RequestId younger = driver.submit(32, 12);

    driver.run();

    EXPECT_GT(driver.model.stats().preempted, 0U);
    EXPECT_LT(driver.finished_at[older], driver.finished_at[younger]);
    EXPECT_EQ(driver.token_times[older].size(), 12U);
    EXPECT_EQ(driver.token_times[younger].size(), 12U);
    EXPECT_DOUBLE_EQ(driver.model.stats().kv_use, 0.0);
}

TEST(EngineModelCache, EngineModel_APreemptedRequestCountsItsCacheQueryOnce) {
    EngineProfile profile = small_profile();
    profile.kv_blocks = 17;
    ModelDriver driver{profile};
    driver.submit(chain(1, 8), 32, 12);
    const RequestId younger = driver.submit(chain(100, 8), 32, 12);

    driver.run();

    ASSERT_GT(driver.model.stats().preempted, 0U);
    EXPECT_EQ(driver.model.stats().cache_queries, 64U);
    EXPECT_EQ(driver.model.cached_tokens(younger), 0U);
}

TEST(EngineModelCache, EngineModel_OneRequestMayFillTheWholeCache) {
    ModelDriver driver;
    ASSERT_EQ(driver.model.capacity_tokens(), 128U);
    const RequestId id = driver.submit(100, 28);

    driver.run();

    EXPECT_EQ(driver.token_times[id].size(), 28U);
    EXPECT_EQ(driver.model.stats().preempted, 0U);
}

TEST(EngineModelCache, EngineModel_TellsWhatItsCacheKeepsAndGivesUp) {
    using Kind = CacheChange::Kind;
    EngineProfile profile = small_profile();
    profile.kv_blocks = 4;
    ModelDriver driver{profile};
    std::vector<CacheChange> changes;
    driver.model.log_cache(&changes);
    driver.submit(chain(1, 2), 9, 1);
    driver.run();
    EXPECT_THAT(changes, ElementsAre(CacheChange{Kind::stored, 1, std::nullopt},
                                     CacheChange{Kind::stored, 2, 1}));
    changes.clear();

    driver.submit(chain(5, 3), 13, 1);
    driver.run();

    EXPECT_THAT(changes,
                ElementsAre(CacheChange{Kind::evicted, 2, std::nullopt},
                            CacheChange{Kind::evicted, 1, std::nullopt},
                            CacheChange{Kind::stored, 5, std::nullopt},
                            CacheChange{Kind::stored, 6, 5}, CacheChange{Kind::stored, 7, 6}));
}

TEST(EngineModelCache, EngineModel_TheNextTurnFindsTheAnswerInTheCache) {
    ModelDriver driver;
    driver.submit(chain(1, 2), 10, 11, chain(3, 3));  // 21 tokens, of which 20 are computed
    driver.run();

    const RequestId next = driver.submit(chain(1, 6), 26, 1);

    EXPECT_EQ(driver.model.cached_tokens(next), 20U);
}

TEST(EngineModelCache, EngineModel_TheLastTokenOfAnAnswerIsNotComputed) {
    ModelDriver driver;
    driver.submit(chain(1, 2), 10, 10, chain(3, 3));  // fills the fifth block, but for its last
    driver.run();

    const RequestId next = driver.submit(chain(1, 6), 26, 1);

    EXPECT_EQ(driver.model.cached_tokens(next), 16U);
}

TEST(EngineModelCache, EngineModel_AnAbortedAnswerIsKeptAsFarAsItCame) {
    ModelDriver driver;
    const RequestId id = driver.submit(chain(1, 2), 8, 16, chain(3, 4));
    for (int i = 0; i < 6; ++i) driver.step();  // the prompt's, and five more of 4 tokens' block

    driver.model.abort(id);

    EXPECT_EQ(driver.model.held_blocks(chain(1, 6)), 3U);
}

TEST(EngineModelCache, EngineModel_AnAnswerWithoutNamesLeavesNothingBehind) {
    ModelDriver driver;
    driver.submit(chain(1, 2), 10, 11);
    driver.run();

    EXPECT_EQ(driver.model.held_blocks(chain(1, 6)), 2U);
}

TEST(EngineModelCacheDeathTest, EngineModel_RefusesMoreNamesThanTheAnswerFills) {
    ModelDriver driver;

    EXPECT_DEATH(driver.submit(chain(1, 2), 10, 9, chain(3, 3)), "");
    EXPECT_DEATH(driver.submit(chain(1, 1), 10, 10, chain(3, 1)), "");
}

TEST(EngineModelCacheDeathTest, EngineModel_RefusesARequestThatCanNeverFit) {
    ModelDriver driver;

    EXPECT_DEATH(driver.submit(100, 29), "");
}

}  // namespace
}  // namespace penstock::sim
