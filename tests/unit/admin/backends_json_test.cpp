#include "backends_json.h"

#include <array>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "views.h"

namespace penstock::admin {
namespace {

nlohmann::json document(const BackendView& view) {
    const std::array views{view};
    return nlohmann::json::parse(backends_json(views, 1, Readiness::ready));
}

nlohmann::json row(const BackendView& view) {
    return document(view)["backends"].at(0);
}

TEST(BackendsJson, IsAnEmptyListWithoutBackends) {
    EXPECT_EQ(backends_json({}, 3, Readiness::no_healthy_backend),
              R"({"generation":3,"readiness":"no_healthy_backend","backends":[]})");
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
    const std::array views{backend("http://b"), backend("http://a")};

    const auto json = nlohmann::json::parse(backends_json(views, 1, Readiness::ready));

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
