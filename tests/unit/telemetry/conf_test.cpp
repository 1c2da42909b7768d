// Dashboard and alerts speak of metrics that exist.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "catalogue.h"
#include "promtool.h"

namespace penstock::telemetry {
namespace {

constexpr std::string_view k_name_letters = "abcdefghijklmnopqrstuvwxyz0123456789_";

std::string read(const std::string& path) {
    std::ifstream file{SOURCE_ROOT "/" + path};
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

/// All words of `text` that begin like a metric.
std::set<std::string> metric_words(const std::string& text) {
    std::set<std::string> words;
    for (const std::string_view prefix : {"penstock_", "process_"}) {
        for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) {
            const std::size_t end =
                std::min(text.find_first_not_of(k_name_letters, at), text.size());
            words.insert(text.substr(at, end - at));
            at = end;
        }
    }
    return words;
}

bool is_metric(const std::string& word) {
    if (const std::size_t row = find_metric(word); row != k_no_metric) {
        return k_catalogue[row].kind != Kind::histogram;  // it has no series of that name
    }
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
        if (!word.ends_with(suffix)) continue;
        const std::size_t row = find_metric(word.substr(0, word.size() - suffix.size()));
        return row != k_no_metric && k_catalogue[row].kind == Kind::histogram;
    }
    return false;
}

class EachFile : public testing::TestWithParam<const char*> {};

TEST_P(EachFile, NamesOnlyMetricsOfTheCatalogue) {
    const auto words = metric_words(read(GetParam()));

    EXPECT_FALSE(words.empty());
    for (const std::string& word : words) EXPECT_TRUE(is_metric(word)) << word;
}

INSTANTIATE_TEST_SUITE_P(Conf, EachFile,
                         testing::Values("conf/grafana/penstock.json", "conf/prometheus/alerts.yml",
                                         "conf/prometheus/alerts_test.yml"));

TEST(MetricWord, IsAHistogramsSeriesOnlyWithItsSuffix) {
    EXPECT_TRUE(is_metric("penstock_inter_token_seconds_bucket"));
    EXPECT_FALSE(is_metric("penstock_inter_token_seconds"));
    EXPECT_FALSE(is_metric("penstock_requests_total_count"));
    EXPECT_FALSE(is_metric("penstock_"));
}

TEST(Promtool, FindsTheAlertsRight) {
    if (!has_promtool()) GTEST_SKIP() << k_promtool_missing;

    const Said said = promtool("test rules '" SOURCE_ROOT "/conf/prometheus/alerts_test.yml'");

    EXPECT_EQ(said.status, 0) << said.text;
}

TEST(Promtool, FindsTheScrapeConfigRight) {
    if (!has_promtool()) GTEST_SKIP() << k_promtool_missing;

    const Said said = promtool("check config '" SOURCE_ROOT "/conf/prometheus/scrape.yml'");

    EXPECT_EQ(said.status, 0) << said.text;
}

}  // namespace
}  // namespace penstock::telemetry
