#include "exposition.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock::engine {
namespace {

std::optional<Series> only(std::string_view page) {
    Exposition exposition{page};
    return exposition.next();
}

struct LineCase {
    std::string_view line;
    std::string_view name;
    std::string_view labels;
    double value;
};

TEST(Exposition, ReadsSeriesOfBothFormats) {
    const LineCase cases[] = {
        {"up 1", "up", "", 1},
        {"up 1\n", "up", "", 1},
        {"up 1\r\n", "up", "", 1},
        {"  up\t 1.5e3  ", "up", "", 1500},
        {"up{} 1", "up", "", 1},
        {"up{a=\"b\"} 1", "up", "a=\"b\"", 1},
        {"up {a=\"b\"} 1", "up", "a=\"b\"", 1},
        {"up{a=\"}\",b=\"\\\"}\"}1", "up", "a=\"}\",b=\"\\\"}\"", 1},
        {"up 1 1395066363000", "up", "", 1},
        {"up{a=\"b\"} 5 123.4 # {trace_id=\"x\"} 0.67 1.5", "up", "a=\"b\"", 5},
        {"up 5 # {trace_id=\"x\"} 0.67", "up", "", 5},
        {"vllm:up_total -3", "vllm:up_total", "", -3},
        {"up +5", "up", "", 5},
    };
    for (const LineCase& c : cases) {
        const auto series = only(c.line);
        ASSERT_TRUE(series) << c.line;
        EXPECT_EQ(series->name, c.name) << c.line;
        EXPECT_EQ(series->labels, c.labels) << c.line;
        EXPECT_EQ(series->value, c.value) << c.line;
    }
}

TEST(Exposition, ReadsValuesThatAreNoNumbers) {
    EXPECT_TRUE(std::isnan(only("up NaN")->value));
    EXPECT_EQ(only("up +Inf")->value, HUGE_VAL);
    EXPECT_EQ(only("up -Inf")->value, -HUGE_VAL);
}

TEST(Exposition, PassesOverBrokenLinesAndCountsThem) {
    Exposition exposition{
        "# HELP up x\n\n<html>\nup\nup x\nup 1x\n1up 1\nup{a=\"b\" 1\nup{a=\"b} 1\nlast 7\n# EOF"};

    const auto series = exposition.next();

    ASSERT_TRUE(series);
    EXPECT_EQ(series->name, "last");
    EXPECT_FALSE(exposition.next());
    EXPECT_EQ(exposition.good_lines(), 3U);
    EXPECT_EQ(exposition.bad_lines(), 7U);
}

TEST(Exposition, SkipsLinesOverTheirBound) {
    const auto line = [](std::size_t size) {
        std::string text = "up{a=\"";
        text.append(size - text.size() - 4, 'x');
        return text + "\"} 1";
    };
    ASSERT_EQ(line(100).size(), 100U);

    EXPECT_TRUE(only(line(Exposition::k_line_max)));
    EXPECT_FALSE(only(line(Exposition::k_line_max + 1)));
}

TEST(Exposition, FindsLabels) {
    const std::string_view labels = R"(a="1", b = "x,y=\"z\"",ab="3",empty="",)";
    EXPECT_EQ(label(labels, "a"), "1");
    EXPECT_EQ(label(labels, "b"), R"(x,y=\"z\")");
    EXPECT_EQ(label(labels, "ab"), "3");
    EXPECT_EQ(label(labels, "empty"), "");
    EXPECT_EQ(label(labels, "z"), "");
    EXPECT_EQ(label("", "a"), "");
    EXPECT_EQ(label("a", "a"), "");
    EXPECT_EQ(label("a=", "a"), "");
    EXPECT_EQ(label("a=\"x", "a"), "");
}

TEST(Exposition, UnescapesLabelValues) {
    EXPECT_EQ(unescape_label(R"(a\\b\"c\nd)"), "a\\b\"c\nd");
    EXPECT_EQ(unescape_label("a\\"), "a\\");
}

TEST(Exposition, TakesColonAndUnderscoreInNamesAsOne) {
    EXPECT_TRUE(same_name("sglang_token_usage", "sglang:token_usage"));
    EXPECT_TRUE(same_name("a:b", "a:b"));
    EXPECT_FALSE(same_name("sglang_token_usage", "sglang:token_usages"));
    EXPECT_FALSE(same_name("a.b", "a:b"));
}

RC_GTEST_PROP(ExpositionProperty, AnyBytesAreBorne, (const std::string& junk)) {
    Exposition exposition{junk};
    while (const auto series = exposition.next()) static_cast<void>(label(series->labels, "a"));
    static_cast<void>(label(junk, "a"));
}

}  // namespace
}  // namespace penstock::engine
