#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalogue.h"
#include "families.h"
#include "penstock/telemetry/metrics.h"
#include "promtool.h"
#include "room.h"

namespace penstock::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string exposed(std::vector<Sample> samples) {
    Registry registry;
    registry.add_source([samples = std::move(samples)](std::vector<Sample>& out) {
        out.insert(out.end(), samples.begin(), samples.end());
    });
    return registry.expose();
}

Sample waiting(std::string backend, double value) {
    return {"penstock_backend_requests_waiting",
            {{"backend", std::move(backend)}, {"pool", "default"}},
            value};
}

RequestRecord request() {
    RequestRecord record;
    record.pool = "default";
    record.backend = "http://a";
    record.status = 200;
    record.first_token = Micros{1};
    record.stream = true;
    return record;
}

/// A sample of every metric that sources give.
std::vector<Sample> all_from_sources() {
    std::vector<Sample> samples;
    for (const Metric& metric : k_catalogue) {
        if (metric.origin != Origin::source) continue;
        Sample sample{metric.name, {}, 1};
        for (std::size_t at = 0; at < metric.label_count(); ++at) {
            sample.labels.emplace_back(metric.labels[at], "x");
        }
        samples.push_back(sample);
    }
    return samples;
}

std::string full_page() {
    WorkerMetrics worker;
    RequestRecord of_session = request();
    of_session.session = "kept";
    worker.finished(of_session);
    worker.shadowed({.pool = "default", .policy = "least_load"});
    worker.backend_failed({"default", "http://a"}, ErrorCode::connect_failed, {});
    Registry registry;
    registry.add(worker);
    registry.add_source([](std::vector<Sample>& out) {
        for (Sample& sample : all_from_sources()) out.push_back(std::move(sample));
    });
    return registry.expose();
}

TEST(Registry, SumsOverWorkers) {
    WorkerMetrics first;
    WorkerMetrics second;
    first.finished(request());
    second.finished(request());
    second.count(Count::retries, 5);
    first.count(Count::retries, 2);
    first.change(Gauge::client_connections, 1);
    second.change(Gauge::client_connections, 2);
    Registry registry;
    registry.add(first);
    registry.add(second);

    const std::string page = registry.expose();

    EXPECT_THAT(page, HasSubstr("penstock_retries_total 7\n"));
    EXPECT_THAT(page, HasSubstr("penstock_client_connections 3\n"));
    EXPECT_THAT(page, HasSubstr("code=\"200\",outcome=\"ok\"} 2\n"));
    EXPECT_THAT(page, HasSubstr("penstock_request_duration_seconds_count{pool=\"default\"} 2\n"));
    EXPECT_THAT(page, HasSubstr("penstock_workers 2\n"));
}

TEST(Registry, ShowsWhatSourcesTellWithLabelsInTheCataloguesOrder) {
    const std::string page = exposed({waiting("http://a", 7), waiting("http://b", 0.5)});

    EXPECT_THAT(page, HasSubstr("penstock_backend_requests_waiting{pool=\"default\",backend="
                                "\"http://a\"} 7\n"));
    EXPECT_THAT(page, HasSubstr("backend=\"http://b\"} 0.5\n"));
    EXPECT_THAT(page, HasSubstr("penstock_rejected_samples 0\n"));
}

TEST(Registry, LeavesOutWhatTheCatalogueDoesNotDescribe) {
    const std::string page = exposed({
        {"penstock_unheard_of", {}, 1},
        {"penstock_backend_healthy", {{"pool", "p"}}, 1},
        {"penstock_backend_healthy", {{"pool", "p"}, {"engine", "e"}}, 1},
        {"penstock_inter_token_seconds", {}, 1},
        {"penstock_retries_total", {}, 1},
    });

    EXPECT_THAT(page, HasSubstr("penstock_rejected_samples 5\n"));
    EXPECT_THAT(page, Not(HasSubstr("unheard_of")));
    EXPECT_THAT(page, Not(HasSubstr("penstock_backend_healthy{")));
}

TEST(Registry, ShowsEveryMetricOfTheCatalogue) {
    const std::string page = full_page();

    for (const Metric& metric : k_catalogue) {
        EXPECT_THAT(page, HasSubstr("# TYPE " + std::string{metric.name} + " "));
    }
}

TEST(Registry, TellsItsVersion) {
    EXPECT_THAT(exposed({}), HasSubstr("\npenstock_build_info{version=\""));
}

TEST(Registry, KeepsThePageReadableWhateverAValueHolds) {
    const std::string page = exposed({waiting("a\"b\\c\nd\xFF", 1)});

    EXPECT_THAT(page, HasSubstr(R"(backend="a\"b\\c\nd?"} 1)"));
}

TEST(LabelText, KeepsWellFormedCharactersWhole) {
    EXPECT_EQ(label_text("größe 模型 🦙"), "größe 模型 🦙");
    EXPECT_EQ(label_text("\xC0\xAF|\xED\xA0\x80|\xF5\x80\x80\x80|\xE2\x82"), "??|???|????|??");
}

TEST(LabelText, EndsAtItsBoundBetweenCharacters) {
    const std::string full(k_label_bytes_max, 'a');

    EXPECT_EQ(label_text(full), full);
    EXPECT_EQ(label_text(full + "b"), full);
    EXPECT_EQ(label_text(full.substr(1) + "ü"), full.substr(1));
}

TEST(Promtool, FindsNothingToSayAboutAFullPage) {
    if (!has_promtool()) GTEST_SKIP() << k_promtool_missing;
    const Room room;
    std::ofstream{room.file("page")} << full_page();

    const Said said = promtool("check metrics < '" + room.file("page") + "'");

    EXPECT_EQ(said.text, "");
    EXPECT_EQ(said.status, 0);
}

}  // namespace
}  // namespace penstock::telemetry
