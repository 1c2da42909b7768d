#include "penstock/fleet/cache_use.h"

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

/// An engine's counters, and answers of 1,000 prompt tokens each.
class CacheUseTest : public testing::Test {
protected:
    CacheUseTest() { see(); }

    /// Answers, of whose prompts so many tokens were believed cached and so many were found.
    void serve(int answers, double believed, double found) {
        for (int i = 0; i < answers; ++i) {
            use.served(k_prompt, believed);
            queries += k_prompt;
            hits += found;
        }
        see();
    }
    void see() {
        LoadSample sample;
        sample.cache_queries = queries;
        sample.cache_hits = hits;
        use.see(sample);
    }

    static constexpr double k_prompt = 1000;
    static constexpr int k_many = 200;  // enough to compare
    CacheUse use;
    double queries = 5e6;
    double hits = 4e6;
};

TEST_F(CacheUseTest, IsOffAfterTwoComparisonsThatFoundNothing) {
    serve(k_many, 800, 0);
    EXPECT_FALSE(use.off());
    serve(k_many, 800, 0);
    EXPECT_TRUE(use.off());
}

TEST_F(CacheUseTest, IsOnAgainWhenSomethingIsFound) {
    serve(k_many, 800, 0);
    serve(k_many, 800, 0);
    serve(k_many, 800, 100);
    EXPECT_FALSE(use.off());
}

TEST_F(CacheUseTest, IsOnWhereLessIsFoundThanBelieved) {
    for (int i = 0; i < 10; ++i) serve(k_many, 800, 40);
    EXPECT_FALSE(use.off());
}

TEST_F(CacheUseTest, IsNotJudgedByFewAnswersHoweverLong) {
    for (int i = 0; i < 10; ++i) {
        use.served(100'000, 90'000);
        queries += 100'000;
        see();
    }
    EXPECT_FALSE(use.off());
}

TEST_F(CacheUseTest, IsNotJudgedWhereNothingWasBelieved) {
    for (int i = 0; i < 10; ++i) serve(k_many, 50, 0);
    EXPECT_FALSE(use.off());
}

TEST_F(CacheUseTest, IsNotJudgedByThePromptsOfOtherProxies) {
    for (int i = 0; i < 10; ++i) {
        queries += 0.5 * k_many * k_prompt;  // half as many as ours
        serve(k_many, 800, 0);
    }
    EXPECT_FALSE(use.off());
}

TEST_F(CacheUseTest, IsOffWhereTheEngineDoesNotEvenCountQueries) {
    for (int i = 0; i < 2 * k_many; ++i) {
        use.served(k_prompt, 800);
        if (i % k_many == k_many - 1) see();
    }
    EXPECT_TRUE(use.off()) << "as vLLM with its prefix caching switched off";
}

TEST_F(CacheUseTest, IsNotJudgedWithoutCounters) {
    CacheUse untold;
    for (int i = 0; i < 10 * k_many; ++i) {
        untold.served(k_prompt, 800);
        untold.see({});
    }
    EXPECT_FALSE(untold.off());
}

TEST_F(CacheUseTest, AnotherProcessStartsAnew) {
    serve(k_many, 800, 0);
    serve(k_many, 800, 0);
    use.forget();
    EXPECT_FALSE(use.off());
    queries = hits = 0;
    see();
    serve(k_many, 800, 0);
    EXPECT_FALSE(use.off()) << "one comparison";
}

}  // namespace
}  // namespace penstock::fleet
