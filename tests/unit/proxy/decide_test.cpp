// Which backends a request may go to, and what a pick charges.
#include "decide.h"

#include <gtest/gtest.h>

#include "attempt.h"
#include "fake_server_stream.h"
#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using support::FakeServerStream;
using support::ProxyBench;

class DecideTest : public testing::Test {
protected:
    DecideTest() {
        for (int i = 0; i < 3; ++i) bench.add_engine();
        bench.pool.balance.policy = routing::PolicyName::prefix_load;
    }
    /// An exchange of the one pool, for a model.
    Exchange& exchange(std::string model = "m") {
        bench.publish();
        made_.emplace(*bench.worker, client_);
        made_->route = &made_->generation->routes.front();
        made_->pool = &made_->generation->pools.front();
        made_->facts.model = std::move(model);
        made_->model_listed = true;
        return *made_;
    }
    void TearDown() override {
        if (made_) made_->ended(telemetry::Outcome::ok);
    }
    /// Slots picked in many decisions, each charge given back.
    std::vector<std::uint32_t> picks(Exchange& from, const std::vector<fleet::Slot>& excluded) {
        std::vector<std::uint32_t> count(3, 0);
        for (int i = 0; i < 60; ++i) {
            const Result<Pick> pick = decide(from, excluded);
            if (pick) ++count[pick->backend->slot];
        }
        return count;
    }

    ProxyBench bench;

private:
    FakeServerStream client_{support::get("/")};
    std::optional<Exchange> made_;
};

TEST_F(DecideTest, SpreadsABurstBecauseEachPickIsChargedAtOnce) {
    Exchange& from = exchange();
    std::vector<Pick> held;

    for (int i = 0; i < 9; ++i) held.push_back(*decide(from, {}));

    for (fleet::Slot slot = 0; slot < 3; ++slot) EXPECT_EQ(bench.in_flight(slot), 3U) << slot;
    held.clear();
    for (fleet::Slot slot = 0; slot < 3; ++slot) EXPECT_EQ(bench.in_flight(slot), 0U) << slot;
}

TEST_F(DecideTest, NeverPicksAnExcludedOne) {
    const std::vector<std::uint32_t> count = picks(exchange(), {1});

    EXPECT_GT(count[0], 0U);
    EXPECT_EQ(count[1], 0U);
    EXPECT_GT(count[2], 0U);
}

TEST_F(DecideTest, WhoHasNoChoiceTakesNoTurn) {
    bench.pool.balance.policy = routing::PolicyName::round_robin;
    Exchange& from = exchange();
    std::vector<fleet::Slot> turns;

    for (int i = 0; i < 3; ++i) {
        turns.push_back(decide(from, {})->backend->slot);
        EXPECT_EQ(decide(from, {0, 1})->backend->slot, 2U);
    }

    EXPECT_EQ(turns, (std::vector<fleet::Slot>{0, 1, 2}));
}

TEST_F(DecideTest, NobodyLeftIsNoHealthyBackend) {
    const Result<Pick> pick = decide(exchange(), {0, 1, 2});

    ASSERT_FALSE(pick);
    EXPECT_EQ(pick.error().code(), ErrorCode::no_healthy_backend);
}

TEST_F(DecideTest, PicksOnlyBackendsThatListTheModel) {
    bench.states[2].models = {"m", "other"};

    EXPECT_EQ(picks(exchange("other"), {}), (std::vector<std::uint32_t>{0, 0, 60}));
}

TEST_F(DecideTest, AConfiguredModelMayGoToAnyBackend) {
    bench.states[2].models = {"m", "other"};
    bench.pool.models = {"other"};

    const std::vector<std::uint32_t> count = picks(exchange("other"), {});

    EXPECT_GT(count[0], 0U);
}

TEST_F(DecideTest, FillsBackendsToTheirLimitAndNoFurther) {
    for (fleet::Backend& backend : bench.pool.backends) backend.max_in_flight = 2;
    Exchange& from = exchange();
    std::vector<Pick> held;
    for (int i = 0; i < 6; ++i) held.push_back(*decide(from, {}));

    const Result<Pick> pick = decide(from, {});

    ASSERT_FALSE(pick);
    EXPECT_EQ(pick.error().code(), ErrorCode::too_many_requests);
    for (fleet::Slot slot = 0; slot < 3; ++slot) EXPECT_EQ(bench.in_flight(slot), 2U);
}

TEST_F(DecideTest, ALimitIsNotTheReasonWhenAFreeOneHasFailed) {
    bench.pool.backends.resize(1);
    const Result<Pick> pick = decide(exchange(), {0});

    ASSERT_FALSE(pick);
    EXPECT_EQ(pick.error().code(), ErrorCode::no_healthy_backend);
}

TEST_F(DecideTest, GoesWhereThePromptsBlocksAre) {
    Exchange& from = exchange();
    from.facts.blocks = {1, 2, 3, 4};
    from.facts.prompt_bytes = 4096;
    bench.index.insert(1, from.facts.blocks);

    const Result<Pick> pick = decide(from, {});

    ASSERT_TRUE(pick);
    EXPECT_EQ(pick->backend->slot, 1U);
    EXPECT_EQ(pick->decision.held_blocks, 4U);
    EXPECT_EQ(bench.counters[1].prompt_tokens_started.load(), 0U);  // all of it is cached
}

TEST_F(DecideTest, PrefersTheBackendThatHasTheAdapterNamedBesideTheModel) {
    fleet::LoadSample sample;
    sample.sent = bench.loop.now();
    sample.running = 0;
    bench.states[0].sample = sample;
    bench.states[2].sample = sample;
    sample.adapters = {{"lora-a", fleet::adapter_id("lora-a")}};
    bench.states[1].sample = sample;
    Exchange& from = exchange();
    from.facts.adapter = "lora-a";

    const Result<Pick> pick = decide(from, {});

    ASSERT_TRUE(pick);
    EXPECT_EQ(pick->backend->slot, 1U);
}

TEST_F(DecideTest, AModelThatNobodyKnowsAsAnAdapterIsNone) {
    bench.states[0].adapters = {fleet::adapter_id("lora-a")};
    Exchange& from = exchange("m");

    const Result<Pick> pick = decide(from, {});

    ASSERT_TRUE(pick);
    EXPECT_EQ(pick->adapter, fleet::AdapterRoom::none);
}

TEST_F(DecideTest, OthersFit_LooksForAHealthyOneThatHasNotFailed) {
    bench.states[2].health = fleet::Health::unhealthy;
    Exchange& from = exchange();

    EXPECT_TRUE(others_fit(from, 0, {}));
    EXPECT_FALSE(others_fit(from, 0, {1}));
    EXPECT_FALSE(others_fit(from, 1, {0}));
}

TEST_F(DecideTest, OthersFit_LeavesOutEjectedAndDrainingOnes) {
    bench.states[1].ejected = true;
    bench.states[2].draining = true;

    EXPECT_FALSE(others_fit(exchange(), 0, {}));
}

// --- candidates

TEST_F(DecideTest, KeepsNoCandidatesThatNobodyReads) {
    Exchange& from = exchange();

    ASSERT_TRUE(decide(from, {}));

    EXPECT_TRUE(from.candidates.empty());
}

TEST_F(DecideTest, KeepsTheBestCandidatesForWhomIsToldThem) {
    while (bench.states.size() <= k_candidates_told) bench.add_engine();
    bench.states[1].health = fleet::Health::unhealthy;
    Exchange& from = exchange();
    from.explain = Explain::candidates;

    const Result<Pick> pick = decide(from, {});

    ASSERT_TRUE(pick);
    ASSERT_EQ(from.candidates.size(), k_candidates_told);
    EXPECT_EQ(from.candidates[0].backend, pick->backend);
    EXPECT_EQ(from.candidates[0].terms, pick->decision.terms);
    for (const Candidate& each : from.candidates) EXPECT_EQ(each.row.unfit, fleet::k_fit);
}

TEST_F(DecideTest, KeepsCandidatesAlsoWhenNobodyFits) {
    bench.explain_in_log();
    Exchange& from = exchange();

    ASSERT_FALSE(decide(from, {0, 1, 2}));

    ASSERT_EQ(from.candidates.size(), 3U);
    for (const Candidate& each : from.candidates) {
        EXPECT_FALSE(each.chosen);
        EXPECT_EQ(each.row.unfit, fleet::k_excluded);
    }
}

// --- the shadow

class ShadowTest : public DecideTest {
protected:
    void shadow_is(routing::PolicyName name) {
        bench.pool.shadow =
            Shadow{.policy = routing::make_policy({.policy = name}),
                   .estimate = routing::make_policy({.policy = routing::PolicyName::prefix_load})};
    }
    [[nodiscard]] bool counts(std::string_view line) const {
        return bench.metrics_text().find(std::string{line} + "\n") != std::string::npos;
    }
};

TEST_F(ShadowTest, AgreesWhereEqualsAreMany) {
    shadow_is(routing::PolicyName::least_load);

    EXPECT_EQ(picks(exchange(), {}).size(), 3U);

    EXPECT_TRUE(counts(
        R"(penstock_shadow_decisions_total{pool="default",policy="least_load",agrees="yes"} 60)"))
        << bench.metrics_text();
}

TEST_F(ShadowTest, TellsWhatItsPickWouldCost) {
    shadow_is(routing::PolicyName::least_load);
    Exchange& from = exchange();
    from.facts.blocks = {1, 2, 3, 4};
    from.facts.prompt_bytes = 4096;
    bench.index.insert(1, from.facts.blocks);
    bench.counters[1].started = 1;  // a little work where the prefix is

    const Result<Pick> pick = decide(from, {});

    ASSERT_TRUE(pick);
    EXPECT_EQ(pick->backend->slot, 1U);
    EXPECT_TRUE(counts(
        R"(penstock_shadow_decisions_total{pool="default",policy="least_load",agrees="no"} 1)"));
    EXPECT_FALSE(counts(
        R"(penstock_shadow_cost_seconds_total{pool="default",policy="least_load",change="added"} 0)"));
    EXPECT_TRUE(counts(
        R"(penstock_shadow_cost_seconds_total{pool="default",policy="least_load",change="saved"} 0)"));
}

TEST_F(ShadowTest, TellsWhatItsPickWouldSaveAlsoBesideAPolicyWithoutTimes) {
    bench.pool.balance.policy = routing::PolicyName::least_load;
    shadow_is(routing::PolicyName::prefix_load);
    Exchange& from = exchange();
    from.facts.blocks = {1, 2, 3, 4};
    from.facts.prompt_bytes = 4096;
    bench.index.insert(1, from.facts.blocks);
    bench.counters[1].started = 1;

    const Result<Pick> pick = decide(from, {});

    ASSERT_TRUE(pick);
    EXPECT_NE(pick->backend->slot, 1U);
    EXPECT_EQ(pick->decision.held_blocks, 0U);
    EXPECT_FALSE(counts(
        R"(penstock_shadow_cost_seconds_total{pool="default",policy="prefix_load",change="saved"} 0)"));
}

TEST_F(ShadowTest, ChangesNoPick) {
    shadow_is(routing::PolicyName::random);
    Exchange& from = exchange();
    Rng alone = bench.worker->rng;

    const std::vector<std::uint32_t> with = picks(from, {});

    std::vector<std::uint32_t> without(3, 0);
    for (int i = 0; i < 60; ++i) {
        ++without[from.pool->policy->decide({}, bench.worker->sheet, alone).row];
    }
    EXPECT_EQ(with, without);
}

TEST_F(ShadowTest, ChargesNothing) {
    shadow_is(routing::PolicyName::random);
    Exchange& from = exchange();

    const Result<Pick> pick = decide(from, {});

    ASSERT_TRUE(pick);
    std::uint32_t charged = 0;
    for (fleet::Slot slot = 0; slot < 3; ++slot) charged += bench.in_flight(slot);
    EXPECT_EQ(charged, 1U);
}

// --- attempt.h

class AttemptTest : public DecideTest {
protected:
    Exchange& prompting() {
        Exchange& from = exchange();
        from.facts.blocks = {1, 2, 3, 4};
        from.facts.prompt_bytes = 4096;
        from.record.status = 200;
        return from;
    }
    [[nodiscard]] std::uint32_t held(Exchange& from, fleet::Slot slot) const {
        return bench.index.match(slot, from.facts.blocks);
    }
};

TEST_F(AttemptTest, UndoesOnlyWhatItAddedItself) {
    Exchange& from = prompting();
    bench.index.insert(0, std::vector<std::uint64_t>{1, 2});
    {
        Pick pick = *decide(from, {1, 2});
        Attempt attempt{from, std::move(pick)};
        attempt.sent();
        EXPECT_EQ(held(from, 0), 4U);
    }

    EXPECT_EQ(held(from, 0), 2U);
    EXPECT_EQ(bench.in_flight(0), 0U);
}

TEST_F(AttemptTest, SendingTwiceAddsOnce) {
    Exchange& from = prompting();
    {
        Pick pick = *decide(from, {1, 2});
        Attempt attempt{from, std::move(pick)};
        attempt.sent();
        attempt.sent();
    }

    EXPECT_EQ(held(from, 0), 0U);
}

TEST_F(AttemptTest, TheFirstByteProvesTheBeliefAndTheFirstTokenEndsThePrefill) {
    Exchange& from = prompting();
    {
        Pick pick = *decide(from, {1, 2});
        Attempt attempt{from, std::move(pick)};
        attempt.sent();
        attempt.first_byte();
        EXPECT_EQ(bench.counters[0].prompt_tokens_finished.load(), 0U);
        attempt.first_token();
        EXPECT_EQ(bench.counters[0].prompt_tokens_finished.load(),
                  bench.counters[0].prompt_tokens_started.load());
        EXPECT_EQ(bench.in_flight(0), 1U);
    }

    EXPECT_EQ(held(from, 0), 4U);
    EXPECT_EQ(bench.in_flight(0), 0U);
}

TEST_F(AttemptTest, AnErrorsFirstByteProvesNothing) {
    Exchange& from = prompting();
    from.record.status = 400;
    {
        Pick pick = *decide(from, {1, 2});
        Attempt attempt{from, std::move(pick)};
        attempt.sent();
        attempt.first_byte();
    }

    EXPECT_EQ(held(from, 0), 0U);
}

/// A LoRA that all backends list.
class AdapterAttemptTest : public AttemptTest {
protected:
    AdapterAttemptTest() {
        for (fleet::BackendState& state : bench.states) {
            state.models = {"m", "lora-a"};
            state.adapters = {fleet::adapter_id("lora-a")};
        }
    }
    Exchange& wanting(std::string adapter = "lora-a") {
        Exchange& from = prompting();
        from.facts.adapter = std::move(adapter);
        return from;
    }
    [[nodiscard]] static fleet::AdapterRoom room(Exchange& from) {
        return decide(from, {1, 2})->adapter;
    }
    /// What is remembered of slot 0.
    [[nodiscard]] std::vector<fleet::AdapterId> seen() const {
        fleet::AdapterHistory::Room room;
        std::vector<fleet::AdapterId> ids;
        for (const auto& each : bench.adapters.seen(0, room)) ids.push_back(each.adapter);
        return ids;
    }
    /// What the next one finds at slot 0 after an answer of this status; 0: none comes.
    [[nodiscard]] static fleet::AdapterRoom room_after(Exchange& from, int status) {
        {
            Attempt attempt{from, *decide(from, {1, 2})};
            attempt.sent();
            from.record.status = status;
            if (status != 0) attempt.first_byte();
        }
        return room(from);
    }
};

TEST_F(AdapterAttemptTest, TwoRequestsForAColdAdapterGoToTheSameBackend) {
    Exchange& from = wanting();

    const Attempt first{from, *decide(from, {})};
    const Result<Pick> second = decide(from, {});

    ASSERT_TRUE(second);
    EXPECT_EQ(second->adapter, fleet::AdapterRoom::loaded);
    EXPECT_EQ(second->backend, &first.backend());
}

TEST_F(AdapterAttemptTest, AnAdapterIsThereOnceItHasAnswered) {
    EXPECT_EQ(room_after(wanting(), 200), fleet::AdapterRoom::loaded);
}

TEST_F(AdapterAttemptTest, AnAdapterThatWasRefusedOrNotAnsweredIsNotThere) {
    EXPECT_EQ(room_after(wanting(), 404), fleet::AdapterRoom::free);
    EXPECT_EQ(room_after(wanting(), 0), fleet::AdapterRoom::free);
}

TEST_F(AdapterAttemptTest, AnAdapterOnAClientsWordIsNoneWhereOthersAreListed) {
    EXPECT_EQ(room_after(wanting("invented"), 200), fleet::AdapterRoom::none);
    EXPECT_TRUE(seen().empty());
}

TEST_F(AdapterAttemptTest, AnAdapterOnAClientsWordIsRememberedOnceItHasAnswered) {
    for (fleet::BackendState& state : bench.states) state.adapters.clear();
    Exchange& from = wanting("unlisted");
    {
        const Attempt attempt{from, *decide(from, {1, 2})};
        EXPECT_TRUE(seen().empty());
    }

    EXPECT_EQ(room_after(wanting("unlisted"), 400), fleet::AdapterRoom::free);
    EXPECT_EQ(room_after(wanting("unlisted"), 200), fleet::AdapterRoom::loaded);
}

TEST_F(AdapterAttemptTest, AnAdapterThatWasThereStaysWhereARequestFails) {
    ASSERT_EQ(room_after(wanting(), 200), fleet::AdapterRoom::loaded);

    EXPECT_EQ(room_after(wanting(), 0), fleet::AdapterRoom::loaded);
    EXPECT_EQ(room_after(wanting(), 400), fleet::AdapterRoom::loaded);
}

TEST_F(DecideTest, OfSGLangOnlyWhoeverListsTheAdapterHasIt) {
    bench.pool.engine = fleet::Engine::sglang;
    bench.states[1].models = {"m", "a"};
    Exchange& from = exchange();
    from.facts.adapter = "a";

    EXPECT_EQ(picks(from, {}), (std::vector<std::uint32_t>{0, 60, 0}));
}

TEST_F(DecideTest, AnAdapterThatNobodyListsRulesNobodyOut) {
    bench.pool.engine = fleet::Engine::sglang;
    Exchange& from = exchange();
    from.facts.adapter = "a";

    EXPECT_TRUE(decide(from, {}));
}

TEST_F(DecideTest, ExplainsATermOfMinusZeroAsZero) {
    Exchange& from = exchange();
    routing::Decision decision;
    decision.terms.fill(-0.0F);

    const std::string told = explanation(from, from.pool->backends[0], decision);

    EXPECT_EQ(told.find("-0"), std::string::npos) << told;
    EXPECT_NE(told.find("prefix=0"), std::string::npos) << told;
}

}  // namespace
}  // namespace penstock::proxy
