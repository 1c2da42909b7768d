#include "penstock/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

RequestRecord served() {
    RequestRecord record;
    record.model = "llama";
    record.model_known = true;
    record.pool = "default";
    record.route = "chat";
    record.backend = "http://10.0.0.1:8000";
    record.reason = "prefix";
    record.attempts = 1;
    record.status = 200;
    record.stream = true;
    record.prompt_tokens = 1000;
    record.output_tokens = 20;
    record.cached_tokens = 700;
    record.prompt_blocks = 4;
    record.predicted_blocks = 3;
    record.first_token = Micros{150'000};
    record.duration = Micros{2'000'000};
    record.own = Micros{80};
    return record;
}

class Counted : public testing::Test {
protected:
    Counted() { registry.add(worker); }
    [[nodiscard]] std::string after(const RequestRecord& record) {
        worker.finished(record);
        return registry.expose();
    }
    WorkerMetrics worker;
    Registry registry;
};

TEST_F(Counted, ShowsARequestByPoolRouteModelCodeAndOutcome) {
    EXPECT_THAT(after(served()),
                HasSubstr("penstock_requests_total{pool=\"default\",route=\"chat\",model=\"llama\","
                          "code=\"200\",outcome=\"ok\"} 1\n"));
}

TEST_F(Counted, CallsAnUnknownModelOther) {
    RequestRecord record = served();
    record.model = "made up by a client";
    record.model_known = false;

    const std::string page = after(record);

    EXPECT_THAT(page, HasSubstr("model=\"other\""));
    EXPECT_THAT(page, Not(HasSubstr("made up")));
}

TEST_F(Counted, CallsWhatARequestHadNotNone) {
    RequestRecord record;
    record.status = 404;
    record.outcome = Outcome::client_error;

    EXPECT_THAT(after(record),
                HasSubstr("penstock_requests_total{pool=\"none\",route=\"none\",model=\"none\","
                          "code=\"404\",outcome=\"client_error\"} 1\n"));
}

TEST_F(Counted, NamesTheBackendOfATryThatFailed) {
    worker.backend_failed({"default", "http://10.0.0.1:8000"}, ErrorCode::engine_error, {});

    EXPECT_THAT(registry.expose(),
                HasSubstr("penstock_backend_failures_total{pool=\"default\",backend=\"http://"
                          "10.0.0.1:8000\",reason=\"engine_error\"} 1\n"));
}

TEST_F(Counted, ShowsEveryErrorCodeFromTheStart) {
    const std::string page = registry.expose();

    EXPECT_THAT(page, HasSubstr("penstock_errors_total{code=\"no_healthy_backend\"} 0\n"));
    EXPECT_THAT(page, HasSubstr("penstock_errors_total{code=\"io_failed\"} 0\n"));
}

TEST_F(Counted, CountsAnErrorByItsCode) {
    RequestRecord record = served();
    record.error = ErrorCode::idle_timeout;

    EXPECT_THAT(after(record), HasSubstr("penstock_errors_total{code=\"idle_timeout\"} 1\n"));
}

TEST_F(Counted, PutsTheTimeToFirstTokenIntoItsBucket) {
    const std::string page = after(served());

    EXPECT_THAT(page, HasSubstr("first_token_seconds_bucket{pool=\"default\",le=\"0.1\"} 0\n"));
    EXPECT_THAT(page, HasSubstr("first_token_seconds_bucket{pool=\"default\",le=\"0.2\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("first_token_seconds_bucket{pool=\"default\",le=\"+Inf\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("first_token_seconds_sum{pool=\"default\"} 0.15\n"));
}

TEST_F(Counted, LeavesTheTimeToFirstTokenOfWholeAnswersOut) {
    RequestRecord record = served();
    record.stream = false;

    EXPECT_THAT(after(record), HasSubstr("first_token_seconds_count{pool=\"default\"} 0\n"));
}

TEST_F(Counted, ComparesPredictedWithActualCacheHits) {
    const std::string page = after(served());

    EXPECT_THAT(page, HasSubstr("penstock_cached_tokens_total{pool=\"default\",model=\"llama\"} "
                                "700\n"));
    EXPECT_THAT(page, HasSubstr("penstock_predicted_cached_tokens_total{pool=\"default\",model="
                                "\"llama\"} 750\n"));
    EXPECT_THAT(page, HasSubstr("penstock_prefix_blocks_total{pool=\"default\",model=\"llama\"} "
                                "4\n"));
    EXPECT_THAT(page, HasSubstr("penstock_prefix_predicted_blocks_total{pool=\"default\",model="
                                "\"llama\"} 3\n"));
}

TEST_F(Counted, PredictsNoTokensWhereTheEngineToldNone) {
    RequestRecord record = served();
    record.tokens_estimated = true;

    EXPECT_THAT(after(record), HasSubstr("penstock_predicted_cached_tokens_total{pool=\"default\","
                                         "model=\"llama\"} 0\n"));
}

TEST_F(Counted, ShowsPicksByBackendAndReason) {
    EXPECT_THAT(after(served()),
                HasSubstr("penstock_picks_total{pool=\"default\",backend=\"http://10.0.0.1:8000\","
                          "reason=\"prefix\"} 1\n"));
}

TEST_F(Counted, CountsNoPickForARequestThatReachedNobody) {
    RequestRecord record = served();
    record.backend = {};

    EXPECT_THAT(after(record), Not(HasSubstr("penstock_picks_total{")));
}

TEST_F(Counted, PutsAGapBetweenTokensIntoItsBucketInclusively) {
    worker.inter_token(Micros{20'000});
    worker.inter_token(Micros{20'001});
    worker.inter_token(Micros{-1});  // a clock that stood still

    const std::string page = registry.expose();

    EXPECT_THAT(page, HasSubstr("inter_token_seconds_bucket{le=\"0.015\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("inter_token_seconds_bucket{le=\"0.02\"} 2\n"));
    EXPECT_THAT(page, HasSubstr("inter_token_seconds_bucket{le=\"0.025\"} 3\n"));
}

TEST_F(Counted, CountsGapsBeyondAllBucketsInTheLast) {
    worker.inter_token(Micros{5'000'001});

    const std::string page = registry.expose();

    EXPECT_THAT(page, HasSubstr("inter_token_seconds_bucket{le=\"5\"} 0\n"));
    EXPECT_THAT(page, HasSubstr("inter_token_seconds_bucket{le=\"+Inf\"} 1\n"));
}

TEST_F(Counted, ShowsCountsAndGauges) {
    worker.count(Count::cancellations);
    worker.count(Count::bytes_to_clients, 4096);
    worker.change(Gauge::streams_open, 3);
    worker.change(Gauge::streams_open, -1);

    const std::string page = registry.expose();

    EXPECT_THAT(page, HasSubstr("penstock_cancellations_total 1\n"));
    EXPECT_THAT(page, HasSubstr("penstock_client_sent_bytes_total 4096\n"));
    EXPECT_THAT(page, HasSubstr("penstock_streams_open 2\n"));
}

TEST_F(Counted, ShowsHowOftenAShadowAgreesAndWhatItWouldCost) {
    const auto shadowed = [this](bool agrees, std::int64_t added) {
        worker.shadowed(
            {.pool = "default", .policy = "least_load", .agrees = agrees, .added = Micros{added}});
    };
    shadowed(true, 0);
    shadowed(false, 1'500'000);
    shadowed(false, 500'000);
    shadowed(false, -250'000);

    const std::string page = registry.expose();

    const std::string of = "{pool=\"default\",policy=\"least_load\",";
    EXPECT_THAT(page, HasSubstr("penstock_shadow_decisions_total" + of + "agrees=\"yes\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("penstock_shadow_decisions_total" + of + "agrees=\"no\"} 3\n"));
    EXPECT_THAT(page,
                HasSubstr("penstock_shadow_cost_seconds_total" + of + "change=\"added\"} 2\n"));
    EXPECT_THAT(page,
                HasSubstr("penstock_shadow_cost_seconds_total" + of + "change=\"saved\"} 0.25\n"));
}

TEST_F(Counted, ShowsWhatBecameOfSessions) {
    RequestRecord record = served();
    worker.finished(record);
    record.session = "kept";
    worker.finished(record);

    EXPECT_THAT(after(record), HasSubstr("penstock_session_requests_total{pool=\"default\","
                                         "session=\"kept\"} 2\n"));
}

TEST_F(Counted, ShowsNoShadowWhereThereIsNone) {
    EXPECT_THAT(after(served()), Not(HasSubstr("penstock_shadow")));
}

}  // namespace
}  // namespace penstock::telemetry
