#include "penstock/telemetry/traffic.h"

#include <gtest/gtest.h>

#include "penstock/telemetry/metrics.h"

namespace penstock::telemetry {
namespace {

constexpr TimePoint k_start{std::chrono::hours{5}};
constexpr BackendName k_first{.pool = "default", .url = "http://10.0.0.1:8000"};
constexpr BackendName k_second{.pool = "default", .url = "http://10.0.0.2:8000"};

RequestRecord finished(Outcome outcome) {
    RequestRecord record;
    record.pool = "default";
    record.backend = k_first.url;
    record.outcome = outcome;
    record.status = 200;
    return record;
}

class SumsOfTraffic : public testing::Test {
protected:
    SumsOfTraffic() {
        registry.add(one);
        registry.add(other);
    }
    WorkerMetrics one, other;
    Registry registry;
};

TEST_F(SumsOfTraffic, AreEmptyAtFirst) {
    const Traffic traffic = registry.traffic();

    EXPECT_EQ(traffic.requests, 0U);
    EXPECT_EQ(traffic.errors, 0U);
    EXPECT_EQ(traffic.of(k_first.pool, k_first.url), nullptr);
}

TEST_F(SumsOfTraffic, CallErrorsWhatWasNoFaultOfTheClient) {
    for (const Outcome outcome : {Outcome::ok, Outcome::client_error, Outcome::client_gone}) {
        one.finished(finished(outcome));
    }
    for (const Outcome outcome :
         {Outcome::upstream_error, Outcome::engine_error, Outcome::refused, Outcome::broken}) {
        other.finished(finished(outcome));
    }

    const Traffic traffic = registry.traffic();

    EXPECT_EQ(traffic.requests, 7U);
    EXPECT_EQ(traffic.errors, 4U);
}

TEST_F(SumsOfTraffic, TellABackendsFailuresOfAllWorkersAndTheLastReason) {
    one.backend_failed(k_first, ErrorCode::engine_error, k_start + Millis{20});
    other.backend_failed(k_first, ErrorCode::connect_failed, k_start + Millis{10});
    other.backend_failed(k_first, ErrorCode::connect_failed, k_start + Millis{15});

    const Traffic traffic = registry.traffic();

    const Failures expected{
        .count = 3, .last_reason = "engine_error", .last = k_start + Millis{20}};
    ASSERT_NE(traffic.of(k_first.pool, k_first.url), nullptr);
    EXPECT_EQ(*traffic.of(k_first.pool, k_first.url), expected);
    EXPECT_EQ(traffic.of(k_second.pool, k_second.url), nullptr);
}

Traffic sums(std::uint64_t requests, std::uint64_t errors = 0, std::uint64_t failures = 0) {
    Traffic traffic{.requests = requests, .errors = errors, .first_token = {}, .failures = {}};
    if (failures > 0) {
        traffic.failures["default"][std::string{k_first.url}] = {
            .count = failures, .last_reason = "engine_error", .last = k_start};
    }
    return traffic;
}

TEST(RecentTraffic, TellsWhatCameSinceTheStart) {
    RecentTraffic recent;
    recent.note(k_start, sums(0));

    const TrafficSpan span = recent.span(k_start + Millis{4'000}, sums(10, 1));

    EXPECT_EQ(span.seconds, 4);
    EXPECT_EQ(span.requests, 10U);
    EXPECT_EQ(span.errors, 1U);
    EXPECT_FALSE(span.first_token_p50);
}

TEST(RecentTraffic, ForgetsWhatIsOlderThanItsSpan) {
    RecentTraffic recent;
    TimePoint now = k_start;
    for (std::uint64_t step = 0; step <= 24; ++step, now += RecentTraffic::k_step) {
        recent.note(now, sums(step * 100, step, step));
    }
    now -= RecentTraffic::k_step;

    const TrafficSpan span = recent.span(now, sums(2'400, 24));

    EXPECT_EQ(span.seconds, 60);
    EXPECT_EQ(span.requests, 1'200U);
    EXPECT_EQ(recent.failures(k_first, sums(2'400, 24, 24)), 12U);
}

TEST(RecentTraffic, CountsFailuresOfABackendThatIsNewlySeen) {
    RecentTraffic recent;
    recent.note(k_start, sums(0));

    EXPECT_EQ(recent.failures(k_first, sums(5, 0, 3)), 3U);
    EXPECT_EQ(recent.failures(k_second, sums(5, 0, 3)), 0U);
}

TEST(RecentTraffic, InterpolatesTheTimeToFirstTokenWithinItsBucket) {
    RecentTraffic recent;
    Traffic before = sums(0), now = sums(4);
    before.first_token = {7, 0, 0};
    now.first_token = {7, 2, 2};  // up to 1, 5 and 10 ms
    recent.note(k_start, before);

    const TrafficSpan span = recent.span(k_start + Millis{1'000}, now);

    EXPECT_DOUBLE_EQ(span.first_token_p50.value(), 0.005);
    EXPECT_DOUBLE_EQ(span.first_token_p95.value(), 0.0095);
}

}  // namespace
}  // namespace penstock::telemetry
