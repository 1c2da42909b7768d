#include "backend_watch.h"

#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::monitor {

static std::ostream& operator<<(std::ostream& out, const News& news) {
    return out << static_cast<int>(news.kind) << " " << news.detail << " " << news.cache_tokens;
}

namespace {

using fleet::Health;
using Input = HealthState::Input;
using Kind = Event::Kind;
using testing::ElementsAre;
using testing::IsEmpty;
using Sample = Result<fleet::LoadSample>;

PollOptions options() {
    return {.rise = 1,
            .fall = 2,
            .metrics_path = "/metrics",
            .health_path = "/health",
            .models_path = "/v1/models"};
}

Sample sample(double start_time, double kv_tokens) {
    fleet::LoadSample made;
    made.start_time = start_time;
    made.kv_tokens = kv_tokens;
    return made;
}

Sample no_sample() {
    return Error{ErrorCode::upstream_bad_response, "status 404"};
}

Result<engine::ModelList> models(std::vector<std::string> names, std::string elements = "{}") {
    return engine::ModelList{.names = std::move(names), .elements = std::move(elements)};
}

/// 200 more answers, to prompts that were believed cached.
void answer(fleet::LoadSample& page) {
    page.answered_then.answers += 200;
    page.answered_then.prompt_tokens += 200'000;
    page.answered_then.believed_tokens += 180'000;
}

/// Until the cache is taken to be off.
void find_nothing(BackendWatch& watch, Sample& page) {
    page->cache_queries = page->cache_hits = 0;
    for (int i = 0; i < 3; ++i) {
        (void)watch.on_metrics(page);
        answer(*page);
    }
}

MATCHER_P(IsKind, kind, "") {
    return arg.kind == kind;
}

TEST(BackendWatch, StartsUnknownAndUnlisted) {
    const BackendWatch watch{options()};

    EXPECT_EQ(watch.row().health, Health::unknown);
    EXPECT_FALSE(watch.row().models_listed);
    EXPECT_FALSE(watch.row().sample);
}

TEST(BackendWatch, TakesAnUnpolledBackendForHealthyAndListed) {
    PollOptions unpolled = options();
    unpolled.enabled = false;

    const BackendWatch watch{unpolled};

    EXPECT_EQ(watch.row().health, Health::healthy);
    EXPECT_TRUE(watch.row().models_listed);
}

TEST(BackendWatch, NeverTakesAnUnpolledBackendDown) {
    PollOptions unpolled = options();
    unpolled.enabled = false;
    BackendWatch watch{unpolled};

    for (int i = 0; i < 10; ++i) {
        EXPECT_THAT(watch.on_traffic(Input::traffic_bad, "refused"), IsEmpty());
    }

    EXPECT_EQ(watch.row().health, Health::healthy);
}

TEST(BackendWatch, WaitsForNoListFromAnEngineWithoutOne) {
    PollOptions listless = options();
    listless.models_path.clear();

    const BackendWatch watch{listless};

    EXPECT_TRUE(watch.row().models_listed);
    EXPECT_EQ(watch.row().health, Health::unknown);
}

TEST(BackendWatch, TellsUpAndDown) {
    BackendWatch watch{options()};

    EXPECT_THAT(watch.on_health(Input::probe_good, ""), ElementsAre(IsKind(Kind::up)));
    EXPECT_THAT(watch.on_health(Input::probe_silent, "refused"), IsEmpty());
    EXPECT_THAT(watch.on_health(Input::probe_silent, "refused"),
                ElementsAre(News{Kind::down, "refused"}));
    EXPECT_EQ(watch.row().health, Health::unhealthy);
    EXPECT_EQ(watch.row().last_error, "health: refused");
}

TEST(BackendWatch, MarksWhoFellByTrafficAsEjectedUntilItIsUp) {
    BackendWatch watch{options()};
    (void)watch.on_health(Input::probe_good, "");

    (void)watch.on_traffic(Input::traffic_bad, "refused");
    EXPECT_FALSE(watch.row().ejected);
    (void)watch.on_traffic(Input::traffic_bad, "refused");
    EXPECT_TRUE(watch.row().ejected);
    EXPECT_EQ(watch.row().last_error, "traffic: refused");

    (void)watch.on_health(Input::probe_good, "");
    EXPECT_FALSE(watch.row().ejected);
    EXPECT_EQ(watch.row().last_error, "");
}

TEST(BackendWatch, KeepsTheLastGoodSampleWhenAPollFails) {
    BackendWatch watch{options()};
    (void)watch.on_metrics(sample(100, 1'000));

    (void)watch.on_metrics(no_sample());

    ASSERT_TRUE(watch.row().sample);
    EXPECT_EQ(watch.row().last_error, "metrics: upstream_bad_response: status 404");
}

TEST(BackendWatch, TellsFailingPollsOnceAndTheirRecovery) {
    BackendWatch watch{options()};
    for (std::uint32_t i = 1; i < k_poll_failures_told; ++i) {
        EXPECT_THAT(watch.on_metrics(no_sample()), IsEmpty());
    }

    EXPECT_THAT(watch.on_metrics(no_sample()), ElementsAre(IsKind(Kind::poll_failing)));
    EXPECT_THAT(watch.on_metrics(no_sample()), IsEmpty());
    EXPECT_THAT(watch.on_metrics(fleet::LoadSample{}), ElementsAre(IsKind(Kind::poll_recovered)));
    EXPECT_THAT(watch.on_metrics(fleet::LoadSample{}), IsEmpty());
}

TEST(BackendWatch, TellsTheCapacityOnce) {
    BackendWatch watch{options()};

    EXPECT_THAT(watch.on_metrics(sample(100, 1'000)),
                ElementsAre(News{Kind::capacity_known, "", 1'000}));
    EXPECT_THAT(watch.on_metrics(sample(100, 1'000)), IsEmpty());
    EXPECT_THAT(watch.on_metrics(sample(100, 500)),
                ElementsAre(News{Kind::capacity_known, "", 500}));
}

TEST(BackendWatch, RemembersTheCapacityThatAPageLeavesOut) {
    BackendWatch watch{options()};
    (void)watch.on_metrics(sample(100, 1'000));

    (void)watch.on_metrics(fleet::LoadSample{});

    EXPECT_EQ(watch.row().sample->kv_tokens, 1'000);
    EXPECT_THAT(watch.on_metrics(sample(100, 1'000)), IsEmpty());
}

TEST(BackendWatch, TellsARestartEvenAcrossFailedPolls) {
    BackendWatch watch{options()};
    (void)watch.on_metrics(sample(100, 1'000));
    (void)watch.on_metrics(no_sample());

    EXPECT_THAT(watch.on_metrics(sample(200, 1'000)), ElementsAre(IsKind(Kind::restarted)));
}

TEST(BackendWatch, TellsACacheThatFindsNothingAndThatItDoesAgain) {
    BackendWatch watch{options()};
    Sample page = sample(100, 4096);
    page->cache_queries = page->cache_hits = 0;
    const auto serve = [&](double found) {
        answer(*page);
        *page->cache_queries += 200'000;
        *page->cache_hits += 200 * found;
        return watch.on_metrics(page);
    };
    (void)watch.on_metrics(page);

    EXPECT_THAT(serve(0), IsEmpty());
    EXPECT_THAT(serve(0), ElementsAre(IsKind(Kind::cache_off)));
    EXPECT_TRUE(watch.row().cache_off);
    EXPECT_THAT(serve(0), IsEmpty());
    EXPECT_THAT(serve(500), ElementsAre(IsKind(Kind::cache_on)));
    EXPECT_FALSE(watch.row().cache_off);
}

TEST(BackendWatch, BelievesInTheCacheOfAnotherProcess) {
    BackendWatch watch{options()};
    Sample page = sample(100, 4096);
    find_nothing(watch, page);
    ASSERT_TRUE(watch.row().cache_off);
    page->start_time = 200;

    EXPECT_THAT(watch.on_metrics(page),
                ElementsAre(IsKind(Kind::restarted), IsKind(Kind::cache_on)));
}

TEST(BackendWatch, BelievesInTheCacheOnceNobodyAsksForItsMetrics) {
    BackendWatch watch{options()};
    Sample page = sample(100, 4096);
    find_nothing(watch, page);
    ASSERT_TRUE(watch.row().cache_off);
    PollOptions without = options();
    without.metrics_path.clear();

    watch.retune(without);

    EXPECT_FALSE(watch.row().cache_off);
}

TEST(BackendWatch, TellsModelsOnlyWhenTheirNamesChange) {
    BackendWatch watch{options()};

    EXPECT_THAT(watch.on_models(models({"a", "b"})),
                ElementsAre(News{Kind::models_changed, "a,b"}));
    EXPECT_THAT(watch.on_models(models({"b", "a"}, "{1}")), IsEmpty());
    EXPECT_THAT(watch.on_models(models({"a"})), ElementsAre(News{Kind::models_changed, "a"}));
}

TEST(BackendWatch, TellsAnEmptyFirstListToo) {
    BackendWatch watch{options()};

    EXPECT_THAT(watch.on_models(models({})), ElementsAre(IsKind(Kind::models_changed)));
    EXPECT_TRUE(watch.row().models_listed);
}

TEST(BackendWatch, KeepsTheLastGoodListWhenAPollFails) {
    BackendWatch watch{options()};
    (void)watch.on_models(models({"a"}));

    (void)watch.on_models(Error{ErrorCode::connect_failed});

    EXPECT_THAT(watch.row().models, ElementsAre("a"));
    EXPECT_TRUE(watch.row().models_listed);
    EXPECT_EQ(watch.row().last_error, "models: connect_failed");
}

TEST(BackendWatch, IsUnchangedWhenTheSameFailureComesAgain) {
    BackendWatch watch{options()};
    (void)watch.on_metrics(no_sample());
    EXPECT_TRUE(watch.take_changed());

    (void)watch.on_metrics(no_sample());

    EXPECT_FALSE(watch.take_changed());
}

TEST(BackendWatch, IsUnchangedByTheSameHealthAndList) {
    BackendWatch watch{options()};
    (void)watch.on_health(Input::probe_good, "");
    (void)watch.on_models(models({"a"}));
    (void)watch.take_changed();

    (void)watch.on_health(Input::probe_good, "");
    (void)watch.on_models(models({"a"}));
    (void)watch.on_traffic(Input::traffic_good, "");

    EXPECT_FALSE(watch.take_changed());
}

TEST(BackendWatch, IsChangedByIntervalAndDraining) {
    BackendWatch watch{options()};
    (void)watch.take_changed();

    watch.set_interval(Micros{100'500});
    EXPECT_TRUE(watch.take_changed());
    (void)watch.set_draining(true);
    EXPECT_TRUE(watch.take_changed());
    (void)watch.set_draining(true);
    watch.set_interval(Micros{100'500});
    EXPECT_FALSE(watch.take_changed());
    EXPECT_EQ(watch.row().poll_interval_ms, 100.5);
}

TEST(BackendWatch, TellsItsCapacityAgainWhenItComesBack) {
    BackendWatch watch{options()};
    (void)watch.on_metrics(sample(100, 1'000));

    EXPECT_THAT(watch.set_draining(true), IsEmpty());
    EXPECT_THAT(watch.set_draining(false), ElementsAre(News{Kind::capacity_known, "", 1'000}));
}

TEST(BackendWatch, KeepsWhatItKnowsWhenRetuned) {
    BackendWatch watch{options()};
    (void)watch.on_health(Input::probe_good, "");
    (void)watch.on_models(models({"a"}));
    (void)watch.on_metrics(sample(100, 1'000));
    PollOptions slower = options();
    slower.metrics_interval = Millis{500};

    watch.retune(slower);

    EXPECT_EQ(watch.row().health, Health::healthy);
    EXPECT_THAT(watch.row().models, ElementsAre("a"));
    EXPECT_TRUE(watch.row().sample);
}

TEST(BackendWatch, StartsUnknownWhenPollingIsSwitchedOn) {
    PollOptions unpolled = options();
    unpolled.enabled = false;
    BackendWatch watch{unpolled};

    watch.retune(options());

    EXPECT_EQ(watch.row().health, Health::unknown);
    EXPECT_FALSE(watch.row().models_listed);
}

}  // namespace
}  // namespace penstock::monitor
