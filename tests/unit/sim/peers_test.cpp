// Each peer's documented decisions, on views made by hand.
#include <numeric>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "penstock/fleet/charge.h"
#include "penstock/sim/routers.h"

namespace penstock::sim {
namespace {

constexpr std::uint32_t k_block = 100;

/// A proxy with three healthy backends and one router.
class Desk {
public:
    explicit Desk(std::string_view spec, std::uint32_t count = 3) {
        router_ = parse_routers(spec)->front().make({.backends = count,
                                                     .block_tokens = k_block,
                                                     .prefill_tokens_per_second = 10'000,
                                                     .kv_tokens = 100'000});
        table_.rows.resize(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            backends_.push_back({.slot = i, .identity = i + 1});
            table_.rows[i].health = fleet::Health::healthy;
            table_.rows[i].sample = fleet::LoadSample{.running = 0, .waiting = 0, .kv_use = 0};
        }
    }

    /// `count` requests of this proxy, with so many uncached tokens each, are on the backend.
    void load(fleet::Slot slot, std::uint32_t count, std::uint32_t tokens = 0) {
        for (std::uint32_t i = 0; i < count; ++i) {
            charges_.push_back(*fleet::Charge::try_charge(counters_[slot], 0, tokens));
        }
    }
    fleet::LoadSample& polled(fleet::Slot slot) { return *table_.rows[slot].sample; }
    void break_down(fleet::Slot slot) { table_.rows[slot].health = fleet::Health::unhealthy; }
    void really_holds(fleet::Slot slot, std::uint32_t blocks) { exact_[slot] = blocks; }
    Router& router() { return *router_; }

    fleet::Slot pick(const SimRequest& request) {
        const ExactMatch exact = [this](fleet::Slot slot, std::span<const std::uint64_t>) {
            return exact_[slot];
        };
        const View view{.backends = backends_,
                        .table = table_,
                        .counters = counters_,
                        .excluded = {},
                        .now = now,
                        .block_tokens = k_block,
                        .exact = exact};
        const auto choice = router_->pick(request, view, rng_);
        return choice ? choice->slot : 999;
    }
    /// The picks of many tries.
    std::set<fleet::Slot> picks(const SimRequest& request) {
        std::set<fleet::Slot> all;
        for (int i = 0; i < 64; ++i) all.insert(pick(request));
        return all;
    }

    TimePoint now{};

private:
    std::unique_ptr<Router> router_;
    std::vector<fleet::Backend> backends_;
    fleet::LoadTable table_;
    fleet::CounterSlab counters_;
    std::vector<fleet::Charge> charges_;
    std::uint32_t exact_[8] = {};
    Rng rng_{1};
};

using Slots = std::set<fleet::Slot>;

SimRequest prompt(std::vector<std::uint64_t> blocks) {
    const auto tokens = static_cast<std::uint32_t>(blocks.size()) * k_block;
    return {.prompt_tokens = tokens, .output_tokens = 1, .blocks = std::move(blocks)};
}

TEST(LeastRequest, LeastRequest_TakesTheFewestAndDrawsAmongEquals) {
    Desk desk{"least_request"};
    desk.load(1, 2);

    EXPECT_EQ(desk.picks(prompt({1})), (Slots{0, 2}));
}

TEST(ConsistentHash, ConsistentHash_ASessionStaysWhateverTheLoad) {
    Desk desk{"consistent_hash"};
    SimRequest request = prompt({1, 2});
    request.session = 42;
    const fleet::Slot home = desk.pick(request);
    desk.load(home, 1000);
    request.blocks = {7};

    EXPECT_EQ(desk.picks(request), Slots{home});
}

TEST(ConsistentHash, ConsistentHash_WithoutASessionTheWholeBodyIsTheKey) {
    Desk desk{"consistent_hash"};
    Slots homes;
    for (std::uint64_t i = 0; i < 50; ++i) homes.insert(desk.pick(prompt({1, 100 + i})));

    EXPECT_EQ(homes, (Slots{0, 1, 2}));
}

TEST(ConsistentHash, ConsistentHash_PassesOverABrokenBackend) {
    Desk desk{"consistent_hash"};
    const fleet::Slot home = desk.pick(prompt({1}));
    desk.break_down(home);

    EXPECT_NE(desk.pick(prompt({1})), home);
}

TEST(SglangCacheAware, SglangCacheAware_FollowsAPrefixAboveTheThreshold) {
    Desk desk{"sglang_cache_aware"};
    desk.router().sent(2, prompt({1, 2, 3, 4}));
    desk.load(2, 20);

    EXPECT_EQ(desk.pick(prompt({1, 2, 3, 9})), 2U);  // 3 of 4
}

TEST(SglangCacheAware, SglangCacheAware_AtTheThresholdTakesTheLeastLoaded) {
    Desk desk{"sglang_cache_aware:threshold=0.5"};
    desk.router().sent(2, prompt({1, 2}));
    desk.load(0, 1);
    desk.load(2, 1);

    EXPECT_EQ(desk.pick(prompt({1, 2, 8, 9})), 1U);  // half is not more than half
}

TEST(SglangCacheAware, SglangCacheAware_BalancesOnlyBeyondBothThresholds) {
    Desk desk{"sglang_cache_aware"};
    desk.router().sent(2, prompt({1, 2}));
    desk.load(2, 64);
    EXPECT_EQ(desk.pick(prompt({1, 2})), 2U);  // a difference of 64 is not more than 64

    desk.load(2, 1);

    EXPECT_EQ(desk.pick(prompt({1, 2})), 0U);
}

TEST(SglangCacheAware, SglangCacheAware_AHighButEvenLoadDoesNotCount) {
    Desk desk{"sglang_cache_aware"};
    desk.router().sent(2, prompt({1, 2}));
    desk.load(0, 200);
    desk.load(1, 200);
    desk.load(2, 290);  // more by 90, but less than 1.5 times

    EXPECT_EQ(desk.pick(prompt({1, 2})), 2U);
}

TEST(SglangCacheAware, SglangCacheAware_TheFirstHealthyOneStandsInForABrokenHolder) {
    Desk desk{"sglang_cache_aware"};
    desk.router().sent(2, prompt({1, 2}));
    desk.break_down(2);
    desk.load(0, 9);

    EXPECT_EQ(desk.pick(prompt({1, 2})), 0U);
}

TEST(SglangCacheAware, SglangCacheAware_EqualLoadsGoToWhoServedFewest) {
    Desk desk{"sglang_cache_aware"};
    desk.router().sent(0, prompt({5}));
    desk.router().sent(1, prompt({6}));

    EXPECT_EQ(desk.pick(prompt({9})), 2U);
}

TEST(Gaie, Gaie_AWholePrefixOutweighsAFullCache) {
    Desk desk{"gaie"};
    desk.router().sent(1, prompt({1, 2}));
    desk.polled(1).kv_use = 1.0;  // 2 + 0 + 3 against 2 + 2

    EXPECT_EQ(desk.pick(prompt({1, 2})), 1U);
}

TEST(Gaie, Gaie_TheLongestQueueScoresNothingHoweverShort) {
    Desk desk{"gaie"};
    desk.router().sent(1, prompt({1, 2}));
    desk.polled(1).waiting = 1;   // 0 + 2 * 0.4 + 3 = 3.8
    desk.polled(1).kv_use = 0.6;  // the others: 2 + 2 = 4

    EXPECT_EQ(desk.picks(prompt({1, 2})), (Slots{0, 2}));
}

TEST(Gaie, Gaie_HalfAPrefixCountsHalf) {
    Desk desk{"gaie"};
    desk.router().sent(1, prompt({1, 2}));
    desk.polled(1).kv_use = 0.76;  // 2 + 0.48 + 1.5 = 3.98

    EXPECT_EQ(desk.picks(prompt({1, 2, 3, 4})), (Slots{0, 2}));
}

TEST(Gaie, Gaie_BelievesOldSamples) {
    Desk desk{"gaie"};
    desk.now = TimePoint{std::chrono::hours{1}};
    desk.polled(0).waiting = 5;
    desk.polled(1).waiting = 5;

    EXPECT_EQ(desk.picks(prompt({1})), Slots{2});
}

TEST(Gaie, Gaie_ForgetsTheRootOfAChainFirst) {
    // An index of two blocks: the chain of three loses its root, and with it all.
    Desk desk{"gaie:index_scale=0.002"};
    desk.router().sent(1, prompt({1, 2, 3}));

    EXPECT_EQ(desk.picks(prompt({1, 2, 3})), (Slots{0, 1, 2}));
}

TEST(LlmdSticky, LlmdSticky_HoldersOfFourFifthsAreTheOnlyCandidates) {
    Desk desk{"llmd_sticky"};
    desk.router().sent(2, prompt({1, 2, 3, 4}));
    desk.load(2, 50, 100);

    EXPECT_EQ(desk.picks(prompt({1, 2, 3, 4, 9})), Slots{2});
}

TEST(LlmdSticky, LlmdSticky_BelowItTokensInFlightDecide) {
    Desk desk{"llmd_sticky"};
    desk.router().sent(2, prompt({1, 2, 3}));
    desk.load(2, 1, 400);  // 400 + 200 against 500

    EXPECT_EQ(desk.picks(prompt({1, 2, 3, 8, 9})), (Slots{0, 1}));
}

TEST(LlmdSticky, LlmdSticky_LetsGoBeyondThePenaltyOnly) {
    Desk desk{"llmd_sticky"};
    desk.router().sent(2, prompt({1, 2}));
    desk.load(2, 1, 180'000);  // 18 s at 10,000 tokens/s
    EXPECT_EQ(desk.picks(prompt({1, 2})), Slots{2});

    desk.load(2, 1, 10);

    EXPECT_EQ(desk.picks(prompt({1, 2})), (Slots{0, 1}));
}

TEST(Dynamo, Dynamo_TheOverlapIsCreditedToThePrefill) {
    Desk desk{"dynamo"};
    desk.really_holds(1, 3);
    desk.load(1, 1, 299);

    EXPECT_EQ(desk.picks(prompt({1, 2, 3, 4})), Slots{1});  // 299 + 400 - 300 against 400
}

TEST(Dynamo, Dynamo_DecodeBlocksCountAsMuch) {
    Desk desk{"dynamo"};
    desk.really_holds(1, 3);
    desk.router().sent(1, prompt({7, 8, 9, 10}));

    EXPECT_EQ(desk.picks(prompt({1, 2, 3, 4})), (Slots{0, 2}));  // 100 + 400 against 400
}

TEST(Dynamo, Dynamo_ABlockOfTwoRequestsCountsOnceAndUntilBothEnd) {
    Desk desk{"dynamo"};
    desk.router().sent(0, prompt({7, 8}));
    desk.router().sent(0, prompt({7, 8}));
    desk.router().sent(1, prompt({5}));
    desk.router().sent(2, prompt({5}));
    desk.really_holds(0, 1);
    EXPECT_EQ(desk.picks(prompt({1, 2})), (Slots{0, 1, 2}));  // 100 + 200 against 200 + 100

    desk.router().ended(0, prompt({7, 8}));
    EXPECT_EQ(desk.picks(prompt({1, 2})), (Slots{0, 1, 2}));

    desk.router().ended(0, prompt({7, 8}));
    EXPECT_EQ(desk.picks(prompt({1, 2})), Slots{0});
}

TEST(Dynamo, Dynamo_BlocksThatARequestHasThereAddNothing) {
    Desk desk{"dynamo"};
    desk.router().sent(1, prompt({1, 2, 3}));  // not stored yet, so no overlap
    desk.router().sent(2, prompt({7, 8, 9}));

    // 400 to prefill everywhere; then 300 + 1 new block, 300 + 4 new, 0 + 4 new.
    EXPECT_EQ(desk.picks(prompt({1, 2, 3, 4})), (Slots{0, 1}));
}

TEST(Dynamo, Dynamo_PrefillCanBeScaled) {
    Desk desk{"dynamo:prefill_scale=2"};
    desk.really_holds(1, 3);
    desk.router().sent(1, prompt({7, 8, 9, 10}));

    EXPECT_EQ(desk.picks(prompt({1, 2, 3, 4})), Slots{1});  // 2 * 100 + 400 against 2 * 400
}

TEST(AibrixPrefix, AibrixPrefix_TakesTheHighestMatch) {
    Desk desk{"aibrix_prefix"};
    desk.router().sent(1, prompt({1, 2}));
    desk.router().sent(2, prompt({1}));

    EXPECT_EQ(desk.picks(prompt({1, 2})), Slots{1});
}

TEST(AibrixPrefix, AibrixPrefix_OfEqualMatchesTakesTheLessLoaded) {
    Desk desk{"aibrix_prefix:deviations=9"};
    desk.router().sent(1, prompt({1, 2}));
    desk.router().sent(2, prompt({1, 2}));
    desk.load(1, 3);

    EXPECT_EQ(desk.picks(prompt({1, 2})), Slots{2});
}

TEST(AibrixPrefix, AibrixPrefix_MatchesAreEqualWithinAPercent) {
    Desk desk{"aibrix_prefix:deviations=9"};
    std::vector<std::uint64_t> blocks(300);
    std::iota(blocks.begin(), blocks.end(), 1);
    const auto beginning = [&](std::ptrdiff_t count) {
        return prompt({blocks.begin(), blocks.begin() + count});
    };
    desk.router().sent(1, beginning(5));
    desk.router().sent(2, beginning(3));
    desk.load(1, 1);

    EXPECT_EQ(desk.picks(prompt(blocks)), Slots{2});  // 1 % each
}

TEST(AibrixPrefix, AibrixPrefix_ADifferenceOverEightMeansLeastRequest) {
    Desk desk{"aibrix_prefix:deviations=9"};
    desk.router().sent(1, prompt({1, 2}));
    desk.load(1, 8);
    EXPECT_EQ(desk.picks(prompt({1, 2})), Slots{1});

    desk.load(1, 1);

    EXPECT_EQ(desk.picks(prompt({1, 2})), (Slots{0, 2}));
}

TEST(AibrixPrefix, AibrixPrefix_APodOneDeviationOverTheMeanIsTooBusy) {
    Desk desk{"aibrix_prefix"};
    desk.router().sent(1, prompt({1, 2}));
    desk.router().sent(2, prompt({1}));
    desk.load(1, 6);  // the mean is 2, the deviation 2.8

    EXPECT_EQ(desk.picks(prompt({1, 2})), Slots{2});
}

TEST(VllmStackPrefix, VllmStackPrefix_FollowsTheLongestMatchIntoAnyQueue) {
    Desk desk{"vllm_stack_prefix"};
    desk.router().sent(1, prompt({1}));
    desk.load(1, 1000);

    EXPECT_EQ(desk.picks(prompt({1, 2, 3})), Slots{1});
}

TEST(VllmStackPrefix, VllmStackPrefix_AnUnknownPromptGoesAnywhere) {
    Desk desk{"vllm_stack_prefix"};

    EXPECT_EQ(desk.picks(prompt({1})), (Slots{0, 1, 2}));
}

TEST(VllmStackPrefix, VllmStackPrefix_BelowTheLeastMatchTheRequestRateDecides) {
    Desk desk{"vllm_stack_prefix:min_match=150"};
    desk.pick(prompt({9}));
    desk.router().sent(0, prompt({1}));
    desk.router().sent(1, prompt({2}));
    EXPECT_EQ(desk.picks(prompt({1})), Slots{2});

    desk.now += std::chrono::seconds{61};

    EXPECT_EQ(desk.picks(prompt({1})), (Slots{0, 1, 2}));
}

TEST(Routers, Routers_ForgetWhatHasLeftAllCachesLongAgo) {
    for (const std::string_view name : {"aibrix_prefix", "vllm_stack_prefix"}) {
        Desk desk{name};
        desk.router().sent(1, prompt({1, 2}));
        EXPECT_EQ(desk.picks(prompt({1, 2})), Slots{1}) << name;

        // The fleet caches 3 x 1,000 blocks; the index has room for four times as many.
        for (std::uint64_t i = 0; i < 12'000; ++i) desk.router().sent(1, prompt({100 + i}));

        EXPECT_EQ(desk.picks(prompt({1, 2})), (Slots{0, 1, 2})) << name;
    }
}

TEST(Routers, Routers_WithoutAFitBackendPickNobody) {
    for (const RouterKind& kind : router_kinds()) {
        Desk desk{kind.name};
        for (fleet::Slot slot = 0; slot < 3; ++slot) desk.break_down(slot);
        EXPECT_EQ(desk.pick(prompt({1})), 999U) << kind.name;
    }
}

TEST(Routers, Routers_AreSweptOverSeveralValues) {
    const auto routers = parse_routers("gaie:prefix=1/3:queue=0,random");

    ASSERT_TRUE(routers.has_value());
    ASSERT_EQ(routers->size(), 3U);
    EXPECT_EQ((*routers)[0].name, "gaie:prefix=1:queue=0");
    EXPECT_EQ((*routers)[1].name, "gaie:prefix=3:queue=0");
    EXPECT_EQ((*routers)[2].name, "random");
}

TEST(Routers, Routers_AllAreAllOnce) {
    EXPECT_EQ(parse_routers("all")->size(), router_kinds().size());
}

TEST(Routers, Routers_SayWhatIsWrongWithASpec) {
    for (const char* spec : {"", "nothing", "gaie:", "gaie:prefix", "gaie:prefix=", "gaie:prefix=x",
                             "gaie:prefix=-1", "gaie:other=1", "random,", "gaie:prefix=inf"}) {
        const auto routers = parse_routers(spec);
        ASSERT_FALSE(routers.has_value()) << spec;
        EXPECT_FALSE(routers.error().detail().empty()) << spec;
    }
}

}  // namespace
}  // namespace penstock::sim
