#include "catalogue.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "penstock/telemetry/metrics.h"

namespace penstock::telemetry {
namespace {

class EachMetric : public testing::TestWithParam<Metric> {
protected:
    [[nodiscard]] static bool ends(std::string_view suffix) {
        return GetParam().name.ends_with(suffix);
    }
};

TEST_P(EachMetric, HasThePrefix) {
    EXPECT_TRUE(GetParam().name.starts_with("penstock_") ||
                GetParam().name.starts_with("process_"));
}

TEST_P(EachMetric, EndsInTotalExactlyWhenItIsACounter) {
    EXPECT_EQ(ends("_total"), GetParam().kind == Kind::counter);
}

TEST_P(EachMetric, NamesItsBaseUnit) {
    const bool counter = GetParam().kind == Kind::counter;
    EXPECT_EQ(GetParam().unit == "seconds", ends(counter ? "_seconds_total" : "_seconds"));
    EXPECT_EQ(GetParam().unit == "bytes", ends(counter ? "_bytes_total" : "_bytes"));
    for (const std::string_view banned : {"_ms", "milli", "micro", "percent", "kilo"}) {
        EXPECT_EQ(GetParam().name.find(banned), std::string_view::npos);
    }
}

TEST_P(EachMetric, HasLabelsWithoutGaps) {
    bool ended = false;
    for (const std::string_view label : GetParam().labels) {
        EXPECT_FALSE(ended && !label.empty());
        EXPECT_NE(label, "le");
        ended = ended || label.empty();
    }
}

TEST_P(EachMetric, IsExplainedInASentence) {
    const std::string_view sentence = GetParam().sentence;
    EXPECT_GE(sentence.size(), 12U);
    EXPECT_TRUE(sentence.ends_with('.'));
    EXPECT_EQ(sentence.find_first_of("|\n"), std::string_view::npos) << "breaks METRICS.md";
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EachMetric, testing::ValuesIn(k_catalogue),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Catalogue, NamesEachMetricOnce) {
    std::set<std::string_view> names;

    for (const Metric& metric : k_catalogue) names.insert(metric.name);

    EXPECT_EQ(names.size(), k_catalogue.size());
}

TEST(Catalogue, DoesNotFindWhatIsNotInIt) {
    EXPECT_EQ(find_metric("penstock_requests"), k_no_metric);
    EXPECT_EQ(find_metric(""), k_no_metric);
}

TEST(MetricsDocument, NamesEveryMetricAndSentence) {
    const std::string document = metrics_document();

    for (const Metric& metric : k_catalogue) {
        EXPECT_NE(document.find("| `" + std::string{metric.name} + "` |"), std::string::npos);
        EXPECT_NE(document.find(metric.sentence), std::string::npos);
    }
}

TEST(MetricsDocument, IsTheOneInConf) {
    std::ifstream file{SOURCE_ROOT "/conf/METRICS.md"};
    std::ostringstream kept;
    kept << file.rdbuf();

    EXPECT_EQ(kept.str(), metrics_document()) << "run scripts/generate";
}

}  // namespace
}  // namespace penstock::telemetry
