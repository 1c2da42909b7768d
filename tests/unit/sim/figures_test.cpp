// Figures, statistics and reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "penstock/sim/report.h"

namespace penstock::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

double of(const Figures& figures, Figure figure) {
    return figures[static_cast<std::size_t>(figure)];
}

RunResult four_requests() {
    RunResult result;
    result.arrived = 5;
    result.finished = 4;
    result.refused = 1;
    result.prompt_tokens = 400;
    result.cached_tokens = 100;
    result.output_tokens = 80;
    result.first_token = {4, 1, 3, 2};
    result.duration = {5, 6, 7, 10};
    result.first_arrival = Micros{1'000'000};
    result.last_arrival = Micros{3'000'000};
    result.end = Micros{11'000'000};
    result.imbalance = 1.5;
    return result;
}

TEST(Figures, Figures_AreComputedFromARun) {
    const Figures figures = figures_of(four_requests(), 3);

    EXPECT_EQ(of(figures, Figure::ttft_mean), 2.5);
    EXPECT_EQ(of(figures, Figure::ttft_p50), 2);
    EXPECT_EQ(of(figures, Figure::ttft_p90), 4);
    EXPECT_EQ(of(figures, Figure::e2e_mean), 7);
    EXPECT_EQ(of(figures, Figure::throughput), 8);  // 80 tokens in 10 s
    EXPECT_EQ(of(figures, Figure::goodput), 1.5);   // 3 of them in 2 s
    EXPECT_EQ(of(figures, Figure::hit_rate), 0.25);
    EXPECT_EQ(of(figures, Figure::imbalance), 1.5);
    EXPECT_EQ(of(figures, Figure::lost), 0.2);
}

TEST(Figures, Figures_OfAnEmptyRunAreZeros) {
    EXPECT_EQ(of(figures_of({}, 1), Figure::ttft_p99), 0);
    EXPECT_EQ(of(figures_of({}, 1), Figure::hit_rate), 0);
}

TEST(Figures, Figures_APercentileIsTheNearestRank) {
    std::vector<float> values{5, 1, 4, 2, 3};

    EXPECT_EQ(percentile(values, 0.5), 3);
    EXPECT_EQ(percentile(values, 0.2), 1);
    EXPECT_EQ(percentile(values, 0.21), 2);
    EXPECT_EQ(percentile(values, 1), 5);
    EXPECT_EQ(percentile({}, 0.5), 0);
}

TEST(Figures, Figures_AnIntervalIsStudents) {
    const std::vector<double> values{1, 2, 3, 4, 5};

    const Estimate result = estimate(values);

    EXPECT_EQ(result.mean, 3);
    EXPECT_NEAR(result.half, 2.776 * 1.5811 / 2.2361, 0.001);  // textbook
    EXPECT_EQ(estimate(std::span{values}.first(1)), (Estimate{.mean = 1}));
}

TEST(Figures, Figures_QuantilesBeyondTheTableAreNear) {
    EXPECT_NEAR(t_quantile(21), 2.0796, 0.002);
    EXPECT_NEAR(t_quantile(30), 2.0423, 0.002);
    EXPECT_NEAR(t_quantile(120), 1.9799, 0.001);
}

Runs runs(std::vector<double> values) {
    Runs result;
    for (const double value : values) {
        Figures figures{};
        figures.fill(value);
        result.seeds.push_back(figures);
    }
    return result;
}

TEST(Figures, Figures_APairedDifferenceIsTighterThanTheRuns) {
    const Runs one = runs({10, 20, 30});
    const Runs other = runs({11, 21, 31.3});

    const Estimate difference = other.difference(one, Figure::ttft_p90);

    EXPECT_NEAR(difference.mean, 1.1, 1e-9);
    EXPECT_LT(difference.half, 0.5);
    EXPECT_GT(one.of(Figure::ttft_p90).half, 20);
}

Report report() {
    return {.setting = {{"trace", "a<b>.jsonl"}},
            .routers = {{"prefix_load", runs({10, 20, 30})},
                        {"random", runs({11, 21, 31.3})},
                        {"round_robin", runs({5, 25, 31})}}};
}

TEST(Reports, Reports_TheTableTellsWhatIsBeyondChance) {
    const std::string table = table_text(report());

    EXPECT_THAT(table, HasSubstr("20.000 ±24.843"));
    EXPECT_THAT(table, HasSubstr("+5.5%"));  // random, by 1.1 of 20
    const std::size_t last = table.rfind("round_robin");
    EXPECT_THAT(table.substr(last), HasSubstr("="));
    EXPECT_THAT(table.substr(last), Not(HasSubstr("%")));
}

TEST(Reports, Reports_OneSeedHasNoIntervals) {
    Report one = report();
    for (RouterOutcome& each : one.routers) each.runs.seeds.resize(1);

    EXPECT_THAT(table_text(one), Not(HasSubstr("±")));
}

TEST(Reports, Reports_JsonHasEachSeed) {
    const auto json = nlohmann::json::parse(report_json(report()));

    EXPECT_EQ(json["setting"]["trace"], "a<b>.jsonl");
    EXPECT_EQ(json["policies"][1]["policy"], "random");
    const auto& figure = json["policies"][1]["figures"]["ttft_p90_s"];
    EXPECT_EQ(figure["seeds"].size(), 3U);
    EXPECT_NEAR(figure["difference"].get<double>(), 1.1, 1e-9);
}

TEST(Reports, Reports_TheHtmlPageHasRoomForWholeIntervals) {
    const Report two{
        .setting = {},
        .routers = {{"prefix_load", runs({10, 12, 14})}, {"random", runs({20, 22, 24})}}};

    const std::string page = report_html(two);

    EXPECT_THAT(page, HasSubstr("x1=\"505.2\" x2=\"660.0\""));  // 22 ±4.97 of 26.97 in 420
}

TEST(Reports, Reports_TheHtmlPageTellsHowItWasMade) {
    const std::string page = report_html(
        report(), {.version = "1.2.3", .date = "2026-03-01", .command = "simulate <it>"});

    EXPECT_THAT(page, HasSubstr("1.2.3"));
    EXPECT_THAT(page, HasSubstr("2026-03-01"));
    EXPECT_THAT(page, HasSubstr("simulate &lt;it&gt;"));
    EXPECT_THAT(page, HasSubstr("prefix_load, which the others are compared with"));
    EXPECT_EQ(page.find("a&lt;b&gt;.jsonl"), page.rfind("a&lt;b&gt;.jsonl")) << "told twice";
}

TEST(Reports, Reports_TheHtmlPageLoadsNothing) {
    const std::string page = report_html(report());

    EXPECT_THAT(page, HasSubstr("<svg"));
    EXPECT_THAT(page, HasSubstr("a&lt;b&gt;.jsonl"));
    for (const char* loading : {"src=", "href=", "url(", "@import", "http"}) {
        EXPECT_THAT(page, Not(HasSubstr(loading))) << loading;
    }
}

}  // namespace
}  // namespace penstock::sim
