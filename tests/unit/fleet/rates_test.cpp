#include "penstock/fleet/rates.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

/// An engine whose rates are known, seen through noise.
struct Engine {
    double overhead = 0.03;
    double per_token = 5e-5;  // 20,000 tokens a second
    double step = 0.012;
    double per_request = 3e-4;

    void serve(RateLearner& learner, int requests) {
        for (int i = 0; i < requests; ++i) {
            const double tokens = std::exponential_distribution{1.0 / 3'000}(chance);
            learner.first_token(tokens, noisy(overhead + per_token * tokens));
            const double batch = 1 + std::floor(std::uniform_real_distribution{0.0, 40.0}(chance));
            learner.gap(batch, noisy(step + per_request * (batch - 1)));
        }
    }
    double noisy(double seconds) {
        const double noise = std::lognormal_distribution{0.0, 0.2}(chance);
        const bool stray = std::bernoulli_distribution{stray_share}(chance);
        return seconds * noise * (stray ? 20.0 : 1.0);
    }
    double stray_share = 0;
    std::mt19937 chance{7};
};

void expect_near(const Rates& rates, const Engine& engine, double within) {
    EXPECT_NEAR(rates.prefill_per_token / engine.per_token, 1, within);
    EXPECT_NEAR(rates.first_token(3'000) / (engine.overhead + engine.per_token * 3'000), 1, within);
    EXPECT_NEAR(rates.decode_step(20) / (engine.step + engine.per_request * 19), 1, within);
}

TEST(RateLearner, BelievesItsPriorBeforeItHasSeenAnything) {
    const Rates prior{
        .first_overhead = 1, .prefill_per_token = 2, .step = 3, .step_per_request = 4};
    const Rates rates = RateLearner{prior}.rates();
    EXPECT_EQ(rates.first_overhead, 1);
    EXPECT_EQ(rates.prefill_per_token, 2);
    EXPECT_EQ(rates.step, 3);
    EXPECT_EQ(rates.step_per_request, 4);
    EXPECT_EQ(rates.first_tokens, 0U);
}

// What stands before a prompt is a guess.
TEST(RateLearner, LearnsLessFromWorkThatIsGuessed) {
    const auto slope_after = [](float ahead) {
        Engine engine;
        RateLearner learner{{}};
        engine.serve(learner, 100);
        const double before = learner.rates().prefill_per_token;
        for (int i = 0; i < 3; ++i) {
            learner.learn({.work_tokens = 5'000, .ahead_tokens = ahead, .first_token_s = 0.4F});
        }
        return std::abs(learner.rates().prefill_per_token - before);
    };

    EXPECT_LT(slope_after(2'500), slope_after(0));
    EXPECT_LT(slope_after(4'500), 0.5 * slope_after(0));
    EXPECT_GT(slope_after(5'000), 0.05 * slope_after(0)) << "but something";
}

/// First tokens that waited for an adapter of so many seconds.
Rates after_cold_starts(double load, int requests, AdapterRoom room = AdapterRoom::idle) {
    Engine engine;
    RateLearner learner{{}};
    engine.serve(learner, 100);
    for (int i = 0; i < requests; ++i) {
        const double seconds = engine.overhead + 1'000 * engine.per_token + load;
        learner.learn({.work_tokens = 1'000,
                       .first_token_s = static_cast<float>(engine.noisy(seconds)),
                       .adapter = room});
    }
    return learner.rates();
}

TEST(RateLearner, LearnsWhatLoadingAnAdapterTakes) {
    for (const double load : {0.03, 0.4, 8.0}) {
        const Rates rates = after_cold_starts(load, 60);

        EXPECT_NEAR(rates.adapter_load / load, 1, 0.35) << load;
        EXPECT_EQ(rates.adapter_loads, 60U);
    }
}

TEST(RateLearner, AnAdapterThatWasThereAfterAllMakesLoadsCheaper) {
    EXPECT_LT(after_cold_starts(0, 60).adapter_load, 0.03);
}

TEST(RateLearner, AdaptersThatWaitSayNothingOfThePrefill) {
    const Rates before = after_cold_starts(8, 0);
    for (const AdapterRoom room : {AdapterRoom::free, AdapterRoom::idle, AdapterRoom::busy}) {
        const Rates rates = after_cold_starts(8, 60, room);

        EXPECT_EQ(rates.prefill_per_token, before.prefill_per_token);
        EXPECT_EQ(rates.first_overhead, before.first_overhead);
    }
}

TEST(RateLearner, IsWithinATenthAfter200RequestsThroughNoise) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Engine engine;
        engine.chance.seed(seed);
        RateLearner learner{{}};
        engine.serve(learner, 200);
        expect_near(learner.rates(), engine, 0.1);
    }
}

TEST(RateLearner, IsNotLedAstrayByStragglers) {
    Engine engine;
    engine.stray_share = 0.03;
    RateLearner learner{{}};
    engine.serve(learner, 400);
    expect_near(learner.rates(), engine, 0.2);
}

TEST(RateLearner, FollowsAnEngineThatBecomesSlowerOrFaster) {
    for (const double factor : {4.0, 0.25}) {
        Engine engine;
        RateLearner learner{{}};
        engine.serve(learner, 500);
        engine.overhead *= factor;
        engine.per_token *= factor;
        engine.step *= factor;
        engine.per_request *= factor;
        engine.serve(learner, 200);
        expect_near(learner.rates(), engine, 0.15);
    }
}

// Seven eighths of the traffic are other proxies': now and then an answer waits for their prompts,
// for a while all of them do.
TEST(RateLearner, WhatOthersWorkDelaysDoesNotMakeAnEngineSlow) {
    Engine engine;
    RateLearner learner{{}};
    const auto serve = [&](double foreign_tokens) {
        const double tokens = std::exponential_distribution{1.0 / 3'000}(engine.chance);
        const double seconds = engine.overhead + engine.per_token * (tokens + foreign_tokens);
        learner.learn({.work_tokens = static_cast<float>(tokens),
                       .first_token_s = static_cast<float>(engine.noisy(seconds)),
                       .own_share = 0.125F});
    };
    for (int i = 0; i < 400; ++i) serve(i % 3 == 0 ? 6'000 : 0);
    for (int i = 0; i < 20; ++i) serve(12'000);

    const Rates rates = learner.rates();
    EXPECT_NEAR(rates.prefill_per_token / engine.per_token, 1, 0.35);
    EXPECT_LT(rates.first_token(3'000), 1.5 * (engine.overhead + engine.per_token * 3'000));
}

// What a new backend takes over from its pool may have no offset at all.
TEST(RateLearner, LearnsAnOffsetThatItsPriorDoesNotHave) {
    Engine engine;
    RateLearner learner{
        {.first_overhead = 0, .prefill_per_token = 1e-4, .step = 0, .step_per_request = 1e-3}};
    engine.serve(learner, 200);

    expect_near(learner.rates(), engine, 0.15);
    EXPECT_GT(learner.rates().first_overhead, engine.overhead / 2);
}

TEST(RateLearner, StaysSaneOnOneKindOfRequest) {
    RateLearner learner{{}};
    for (int i = 0; i < 1'000; ++i) {
        learner.first_token(2'000, 0.2);
        learner.gap(1, 0.02);
    }
    const Rates rates = learner.rates();
    EXPECT_NEAR(rates.first_token(2'000), 0.2, 0.02);
    EXPECT_NEAR(rates.decode_step(1), 0.02, 0.002);
    EXPECT_GT(rates.prefill_per_token, 0);
    EXPECT_GE(rates.first_overhead, 0);
    EXPECT_GT(rates.step_per_request, 0);
}

TEST(RateLearner, StaysFiniteWhateverItIsTold) {
    RateLearner learner{{}};
    for (const double value : {0.0, -1.0, 1e-12, 1e12, 1e-12, 3.0}) {
        for (int i = 0; i < 50; ++i) {
            learner.first_token(value, value);
            learner.gap(value, value);
        }
    }
    const Rates rates = learner.rates();
    EXPECT_TRUE(std::isfinite(rates.first_token(1e6)));
    EXPECT_TRUE(std::isfinite(rates.decode_step(1e3)));
    EXPECT_GE(rates.prefill_per_token, 0);
}

}  // namespace
}  // namespace penstock::fleet
