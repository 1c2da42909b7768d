// Where a request may go by its route's labels and its own fields.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decide.h"
#include "fake_server_stream.h"
#include "proxy_bench.h"
#include "steps.h"

namespace penstock::proxy {
namespace {

using support::FakeServerStream;
using testing::HasSubstr;

fleet::LabelConditions conditions(std::string_view text) {
    return *fleet::parse_label_conditions(text);
}

class PlaceTest : public testing::Test {
protected:
    PlaceTest() {
        for (int i = 0; i < 3; ++i) bench.add_engine();
        bench.pool.balance.policy = routing::PolicyName::prefix_load;
        bench.pool.backends[0].labels = {{"region", "eu"}, {"zone", "a"}};
        bench.pool.backends[1].labels = {{"region", "eu"}, {"zone", "b"}};
        bench.pool.backends[2].labels = {{"region", "us"}, {"zone", "a"}};
        bench.route.label_fields = true;
    }
    void TearDown() override {
        if (made_) made_->ended(telemetry::Outcome::ok);
    }
    /// An exchange whose request has these fields, placed.
    Exchange& placed(std::initializer_list<std::pair<const char*, const char*>> fields = {}) {
        bench.publish();
        http::RequestHead head = support::request(http::Method::get, "/");
        for (const auto& [name, value] : fields) head.fields.append(name, value);
        made_.reset();
        client_.emplace(std::move(head));
        made_.emplace(*bench.worker, *client_);
        made_->route = &made_->generation->routes.front();
        made_->pool = &made_->generation->pools.front();
        refusal = place(*made_);
        return *made_;
    }
    std::vector<std::uint32_t> picks(Exchange& from,
                                     const std::vector<fleet::Slot>& excluded = {}) {
        std::vector<std::uint32_t> count(3, 0);
        for (int i = 0; i < 60; ++i) {
            const Result<Pick> pick = decide(from, excluded);
            if (pick) ++count[pick->backend->slot];
        }
        return count;
    }

    support::ProxyBench bench;
    std::optional<Error> refusal;

private:
    std::optional<FakeServerStream> client_;
    std::optional<Exchange> made_;
};

TEST_F(PlaceTest, WithoutAWishAllAreAlike) {
    const std::vector<std::uint32_t> count = picks(placed());

    EXPECT_GT(count[0], 0U);
    EXPECT_GT(count[1], 0U);
    EXPECT_GT(count[2], 0U);
}

TEST_F(PlaceTest, ARoutesRequirementHoldsAlsoWhenTheOnlyOneThatMeetsItIsDown) {
    bench.route.labels.required = conditions("region=us");
    bench.states[2].health = fleet::Health::unhealthy;

    const Result<Pick> pick = decide(placed(), {});

    ASSERT_FALSE(pick);
    EXPECT_EQ(pick.error().code(), ErrorCode::no_healthy_backend);
    EXPECT_EQ(pick.error().detail(), "no backend with the required labels is healthy: region=us");
}

TEST_F(PlaceTest, ARequirementHoldsOnFailover) {
    bench.route.labels.required = conditions("region=eu");
    Exchange& from = placed();

    EXPECT_EQ(picks(from, {0}), (std::vector<std::uint32_t>{0, 60, 0}));
    EXPECT_EQ(picks(from, {0, 1}), (std::vector<std::uint32_t>{0, 0, 0}));
    EXPECT_TRUE(others_fit(from, 0, {}));
    EXPECT_FALSE(others_fit(from, 0, {1}));
}

TEST_F(PlaceTest, AFullOneWithTheLabelsIsTheClientsToTryAgain) {
    bench.route.labels.required = conditions("region=us");
    bench.pool.backends[2].max_in_flight = 1;
    Exchange& from = placed();
    const Result<Pick> first = decide(from, {});
    ASSERT_TRUE(first);

    const Result<Pick> second = decide(from, {});

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::too_many_requests);
}

TEST_F(PlaceTest, FullOnesWithoutTheLabelsAreNoReasonToTryAgain) {
    bench.route.labels.required = conditions("region=us");
    bench.states[2].health = fleet::Health::unhealthy;
    for (const std::size_t i : {0, 1}) {
        bench.pool.backends[i].max_in_flight = 1;
        bench.counters[static_cast<fleet::Slot>(i)].started = 1;
    }

    EXPECT_EQ(decide(placed(), {}).error().code(), ErrorCode::no_healthy_backend);
}

TEST_F(PlaceTest, ARequestsRequirementComesOnTopOfItsRoutes) {
    bench.route.labels.required = conditions("region=eu");

    EXPECT_EQ(picks(placed({{"X-Penstock-Require", "zone=a"}})),
              (std::vector<std::uint32_t>{60, 0, 0}));
    EXPECT_EQ(picks(placed({{"X-Penstock-Require", "region=us"}})),
              (std::vector<std::uint32_t>{0, 0, 0}));
    EXPECT_EQ(decide(placed({{"X-Penstock-Require", "region=us"}}), {}).error().detail(),
              "no backend has the required labels: region=eu, region=us");
}

TEST_F(PlaceTest, AllFieldsOfARequestCount) {
    EXPECT_EQ(
        picks(placed({{"X-Penstock-Require", "region=eu"}, {"X-Penstock-Require", "zone=b"}})),
        (std::vector<std::uint32_t>{0, 60, 0}));
}

TEST_F(PlaceTest, APreferenceIsKeptWhileAPreferredOneIsIdle) {
    EXPECT_EQ(picks(placed({{"X-Penstock-Prefer", "zone=b"}})),
              (std::vector<std::uint32_t>{0, 60, 0}));
}

TEST_F(PlaceTest, APreferenceGivesWayToALongQueue) {
    bench.route.labels.preferred = conditions("zone=b");
    bench.counters[1].prompt_tokens_started = 10'000;  // a second

    EXPECT_EQ(picks(placed())[1], 0U);
}

TEST_F(PlaceTest, APreferenceIsAFilterForPoliciesWithoutPrices) {
    bench.pool.balance.policy = routing::PolicyName::least_load;
    bench.route.labels.preferred = conditions("zone=b");
    bench.counters[1].started = 50;

    EXPECT_EQ(picks(placed()), (std::vector<std::uint32_t>{0, 60, 0}));
}

TEST_F(PlaceTest, ThePreferredOnesBeingFullAPolicyWithoutPricesGoesElsewhere) {
    bench.pool.balance.policy = routing::PolicyName::round_robin;
    bench.route.labels.preferred = conditions("zone=b");
    bench.pool.backends[1].max_in_flight = 1;
    Exchange& from = placed();
    const Result<Pick> first = decide(from, {});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->backend->slot, 1U);

    EXPECT_NE(decide(from, {})->backend->slot, 1U);
}

TEST_F(PlaceTest, ARequirementThatTheRouteDoesNotTakeIsRefused) {
    bench.route.label_fields = false;

    placed({{"X-Penstock-Require", "region=eu"}});

    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code(), ErrorCode::bad_request);
}

TEST_F(PlaceTest, APreferenceThatTheRouteDoesNotTakeIsNothing) {
    bench.route.label_fields = false;

    EXPECT_GT(picks(placed({{"X-Penstock-Prefer", "zone=b"}}))[0], 0U);
    EXPECT_FALSE(refusal);
}

TEST_F(PlaceTest, AWishThatCannotBeReadIsRefused) {
    for (const char* name : {"X-Penstock-Require", "X-Penstock-Prefer"}) {
        placed({{name, "region"}});
        ASSERT_TRUE(refusal) << name;
        EXPECT_EQ(refusal->code(), ErrorCode::bad_request);
        EXPECT_THAT(std::string{refusal->detail()}, HasSubstr(std::string{name} + ": "));
    }
    const std::string most = "region=" + std::string(505, 'x');
    placed({{"X-Penstock-Require", most.c_str()}});
    EXPECT_FALSE(refusal);
    placed({{"X-Penstock-Require", "region=eu"}, {"X-Penstock-Require", most.c_str()}});
    EXPECT_TRUE(refusal);
}

}  // namespace
}  // namespace penstock::proxy
