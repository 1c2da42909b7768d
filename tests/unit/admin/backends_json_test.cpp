#include "backends_json.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "views.h"

namespace penstock::admin {
namespace {

nlohmann::json document(const ProxyView& proxy) {
    return nlohmann::json::parse(backends_json(proxy));
}

nlohmann::json row(const BackendView& view) {
    return document({.backends = {view}})["backends"].at(0);
}

TEST(BackendsJson, IsAnEmptyListWithoutBackends) {
    const auto json = document({.readiness = Readiness::no_healthy_backend});

    EXPECT_EQ(json["readiness"], "no_healthy_backend");
    EXPECT_EQ(json["backends"], nlohmann::json::array());
    EXPECT_EQ(json["last_reload"], nullptr);
}

TEST(BackendsJson, TellsWhatRunsAndSinceWhen) {
    const auto json = document({.version = "1.2.3", .started = 1'772'352'000, .generation = 3});

    EXPECT_EQ(json["version"], "1.2.3");
    EXPECT_EQ(json["started"], "2026-03-01T08:00:00Z");
    EXPECT_EQ(json["generation"], 3);
}

TEST(BackendsJson, TellsThatTheConfigWasRefusedAndWhy) {
    const auto json = document(
        {.last_reload = ReloadView{.ok = false, .at = 1'772'352'060, .problem = "no such option"}});

    EXPECT_EQ(json["last_reload"]["ok"], false);
    EXPECT_EQ(json["last_reload"]["at"], "2026-03-01T08:01:00Z");
    EXPECT_EQ(json["last_reload"]["problem"], "no such option");
}

TEST(BackendsJson, TellsTheTrafficOfTheLastMinute) {
    ProxyView proxy{.requests = 500, .errors = 4};
    proxy.last_minute = {.seconds = 60,
                         .requests = 30,
                         .errors = 1,
                         .first_token_p50 = 0.1234567,
                         .first_token_p95 = {}};

    const auto json = document(proxy);

    EXPECT_EQ(json["requests"], 500);
    EXPECT_EQ(json["errors"], 4);
    EXPECT_EQ(json["last_minute"]["requests"], 30);
    EXPECT_EQ(json["last_minute"]["errors"], 1);
    EXPECT_EQ(json["last_minute"]["first_token_p50_ms"], 123.457);
    EXPECT_EQ(json["last_minute"]["first_token_p95_ms"], nullptr);
}

TEST(BackendsJson, TellsOfAPoolThatDiscoveryFindsNothingFor) {
    const auto json = document({.pools = {{.name = "default",
                                           .engine = "vllm",
                                           .discover = "http://engines:8000",
                                           .discovery_error = "Host not found"}}});

    EXPECT_EQ(json["pools"].at(0)["name"], "default");
    EXPECT_EQ(json["pools"].at(0)["discover"], "http://engines:8000");
    EXPECT_EQ(json["pools"].at(0)["discovery_error"], "Host not found");
}

TEST(BackendsJson, TellsWhatABackendFailed) {
    BackendView view = backend();
    view.failures = {
        .total = 7, .last_minute = 2, .last_reason = "engine_error", .last_seconds_ago = 3.14159};

    const auto failures = row(view)["failures"];

    EXPECT_EQ(failures["total"], 7);
    EXPECT_EQ(failures["last_minute"], 2);
    EXPECT_EQ(failures["last_reason"], "engine_error");
    EXPECT_EQ(failures["last_seconds_ago"], 3.142);
    EXPECT_EQ(row(backend())["failures"]["last_reason"], nullptr);
    EXPECT_EQ(row(backend())["failures"]["last_seconds_ago"], nullptr);
}

TEST(BackendsJson, CanBeReadByPeople) {
    BackendView view = polled();
    view.state.sample->kv_use = 0.31415926;

    const std::string text = backends_json({.backends = {view}});

    EXPECT_NE(text.find("\n   \"url\": \"http://10.0.0.1:8000\",\n"), std::string::npos);
    EXPECT_NE(text.find("\"kv_usage\": 0.314,\n"), std::string::npos);
    EXPECT_NE(text.find("\"requests_running\": 12,\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("}\n"));
}

TEST(BackendsJson, TellsWhoABackendIs) {
    const auto json = row(backend());

    EXPECT_EQ(json["pool"], "default");
    EXPECT_EQ(json["url"], "http://10.0.0.1:8000");
    EXPECT_EQ(json["engine"], "vllm");
    EXPECT_EQ(json["health"], "healthy");
    EXPECT_EQ(json["last_error"], nullptr);
}

TEST(BackendsJson, TellsNullWithoutASample) {
    EXPECT_EQ(row(backend())["sample"], nullptr);
}

TEST(BackendsJson, TellsTheSampleAndNullForWhatTheEngineDoesNotTell) {
    const auto sample = row(polled())["sample"];

    EXPECT_EQ(sample["age_seconds"], 0.08);
    EXPECT_EQ(sample["requests_running"], 12);
    EXPECT_EQ(sample["requests_waiting"], 0);
    EXPECT_EQ(sample["kv_usage"], nullptr);
}

TEST(BackendsJson, KeepsTheOrderOfBackends) {
    const auto json = document({.backends = {backend("http://b"), backend("http://a")}});

    EXPECT_EQ(json["backends"].at(0)["url"], "http://b");
    EXPECT_EQ(json["backends"].at(1)["url"], "http://a");
}

TEST(BackendsJson, IsJsonWhateverAnEngineSaid) {
    BackendView view = polled();
    view.state.last_error = "bad \xFF\" byte\n";
    view.state.models = {"\xC3("};
    view.state.sample->kv_use = std::numeric_limits<double>::quiet_NaN();

    const auto json = row(view);

    EXPECT_EQ(json["last_error"], "bad \uFFFD\" byte\n");
    EXPECT_EQ(json["sample"]["kv_usage"], nullptr);
}

}  // namespace
}  // namespace penstock::admin
