#include "penstock/fleet/cache_use.h"

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

/// An engine's counters, and answers of 1,000 prompt tokens each.
class CacheUseTest : public testing::Test {
protected:
    CacheUseTest() { see(); }

    /// Answers, of whose prompts so many tokens were believed cached and so many were found.
    void serve(int answers, std::uint32_t believed, double found) {
        for (int i = 0; i < answers; ++i) {
            ours.count_answer(k_prompt, believed);
            queries += k_prompt;
            hits += found;
        }
        see();
    }
    void see() {
        LoadSample sample;
        sample.cache_queries = queries;
        sample.cache_hits = hits;
        sample.answered_then = ours.answered();
        sample.started_then = started;
        sample.finished_then = finished;
        use.see(sample);
    }

    static constexpr std::uint32_t k_prompt = 1000;
    static constexpr int k_many = 200;  // enough to compare
    CacheUse use;
    CounterSlab::Cell ours;
    double queries = 0;
    double hits = 0;
    std::uint64_t started = 0, finished = 0;
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

TEST_F(CacheUseTest, IsOffOnlyBelowTheFiftiethPart) {
    for (int i = 0; i < 4; ++i) serve(k_many, 1000, 20);
    EXPECT_FALSE(use.off());
    for (int i = 0; i < 2; ++i) serve(k_many, 1000, 19);
    EXPECT_TRUE(use.off());
}

TEST_F(CacheUseTest, IsJudgedFrom128AnswersAnd65536TokensOn) {
    const auto answers = [](int count, std::uint32_t tokens) {
        CacheUse fresh;
        CounterSlab::Cell cell;
        LoadSample sample;
        sample.cache_queries = sample.cache_hits = 0;
        fresh.see(sample);
        for (int window = 0; window < 2; ++window) {
            for (int i = 0; i < count; ++i) cell.count_answer(tokens, tokens);
            *sample.cache_queries += count * static_cast<double>(tokens);
            sample.answered_then = cell.answered();
            fresh.see(sample);
        }
        return fresh.off();
    };

    EXPECT_TRUE(answers(128, 512));
    EXPECT_FALSE(answers(64, 1025)) << "answers";
    EXPECT_FALSE(answers(128, 255)) << "tokens";
}

// The engine counts prompts when they begin, the proxy when they have ended.
TEST_F(CacheUseTest, IsOnWhileManyRequestsEndTogether) {
    for (int batch = 0; batch < 20; ++batch) {
        for (int i = 0; i < 512; ++i) {
            queries += k_prompt;
            hits += 900;
        }
        see();
        for (int i = 0; i < 512; ++i) {
            ours.count_answer(k_prompt, 900);
            if (i % 50 == 0) see();
        }
        see();
        ASSERT_FALSE(use.off()) << batch;
    }
}

// The hot ones' hits were counted before the window, and each is followed by a cold one as long.
TEST_F(CacheUseTest, IsOnWhenTrafficTurnsColdWithManyUnderWay) {
    started = 300;
    for (int ended = 0; ended < 300; ++ended) {
        queries += k_prompt;
        ++started;
        ++finished;
        ours.count_answer(k_prompt, 900);
        see();
        ASSERT_FALSE(use.off()) << ended;
    }
}

TEST_F(CacheUseTest, IsOffOnlyAfterTwoInARow) {
    for (int i = 0; i < 10; ++i) {
        serve(k_many, 200, 1);
        serve(k_many, 200, 15);  // less than 2 % of what was asked for, not of what was believed
        ASSERT_FALSE(use.off()) << i;
    }
}

TEST_F(CacheUseTest, IsOnAgainByHitsOfWhichNothingWasBelieved) {
    serve(k_many, 800, 0);
    serve(k_many, 800, 0);
    ASSERT_TRUE(use.off());

    queries += k_many * k_prompt;  // others'
    serve(k_many, 0, 500);

    EXPECT_FALSE(use.off());
}

TEST_F(CacheUseTest, IsNotJudgedByFewAnswersHoweverLong) {
    for (int i = 0; i < 10; ++i) {
        ours.count_answer(100'000, 90'000);
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
    const auto with_others = [this](double others) {
        for (int i = 0; i < 10; ++i) {
            queries += others * k_many * k_prompt;
            serve(k_many, 800, 0);
        }
        return use.off();
    };

    EXPECT_FALSE(with_others(0.26));
    EXPECT_TRUE(with_others(0.25)) << "a fifth of all";
}

TEST_F(CacheUseTest, IsOffWhereTheEngineDoesNotEvenCountQueries) {
    for (int i = 0; i < 2 * k_many; ++i) {
        ours.count_answer(k_prompt, 800);
        if (i % k_many == k_many - 1) see();
    }
    EXPECT_TRUE(use.off()) << "as vLLM with its prefix caching switched off";
}

TEST_F(CacheUseTest, IsNotJudgedWithoutCounters) {
    CacheUse untold;
    for (int i = 0; i < 10 * k_many; ++i) {
        ours.count_answer(k_prompt, 800);
        LoadSample sample;
        sample.answered_then = ours.answered();
        untold.see(sample);
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
