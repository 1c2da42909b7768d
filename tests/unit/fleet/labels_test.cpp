#include "penstock/fleet/labels.h"

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

LabelConditions conditions(std::string_view text) {
    auto parsed = parse_label_conditions(text);
    return parsed.has_value() ? *parsed : LabelConditions{};
}

std::string refusal(std::string_view text) {
    const auto parsed = parse_label_conditions(text);
    return parsed.has_value() ? "taken" : std::string{parsed.error().detail()};
}

TEST(LabelConditions, AreReadFromText) {
    EXPECT_EQ(conditions(" region = eu | ch-* ,zone=a"),
              (LabelConditions{{"region", {"eu", "ch-*"}}, {"zone", {"a"}}}));
    EXPECT_EQ(text_of(conditions(" region = eu | ch-* ,zone=a")), "region=eu|ch-*, zone=a");
}

TEST(LabelConditions, ThatSayTooLittleAreRefused) {
    for (const char* text : {"", ",", "region", "=eu", "region=", "region=|eu", "region=eu|",
                             "region=eu||ch", "region=e\x01u"}) {
        EXPECT_NE(refusal(text), "taken") << text;
    }
    EXPECT_EQ(refusal("region"),
              "\"region\" is no condition: write label=value, or label=value|value");
}

TEST(LabelConditions, HaveABound) {
    std::string most = "a=1";
    for (std::size_t i = 1; i < k_label_conditions_max; ++i) most += ",a=1";

    EXPECT_EQ(conditions(most).size(), k_label_conditions_max);
    EXPECT_EQ(refusal(most + ",a=1"), "there are more than 16 conditions");
}

TEST(LabelPatterns, HaveABound) {
    std::string most = "1";
    for (std::size_t i = 1; i < k_label_patterns_max; ++i) most += "|1";

    EXPECT_TRUE(parse_label_patterns(most).has_value());
    EXPECT_FALSE(parse_label_patterns(most + "|1").has_value());
}

TEST(LabelCondition, IsNotMetByABackendWithoutTheLabel) {
    const LabelCondition any{"region", {"*"}};

    EXPECT_TRUE(bears({{"region", "eu"}}, any));
    EXPECT_FALSE(bears({{"zone", "a"}}, any));
}

class Index : public testing::Test {
protected:
    Index() {
        backends[0].labels = {{"region", "eu-west"}, {"zone", "a"}};
        backends[1].labels = {{"region", "eu-west"}, {"zone", "b"}};
        backends[2].labels = {{"region", "us"}, {"zone", "a"}};
    }
    Standings standings(std::string_view required, std::string_view preferred) const {
        Standings standings;
        LabelIndex{backends}.apply({conditions(required), conditions(preferred)}, standings);
        return standings;
    }

    std::vector<Backend> backends{4};  // the last one without labels
};

TEST_F(Index, BarsWhoLacksARequiredLabel) {
    EXPECT_EQ(standings("region=eu-*", ""), (Standings{0, 0, k_barred, k_barred}));
    EXPECT_EQ(standings("region=us|eu-west, zone=a", ""), (Standings{0, k_barred, 0, k_barred}));
}

TEST_F(Index, BarsAllWhereNobodyHasTheLabel) {
    EXPECT_EQ(standings("rack=7", ""), (Standings{k_barred, k_barred, k_barred, k_barred}));
}

TEST_F(Index, CountsThePreferredLabelsThatLack) {
    EXPECT_EQ(standings("", "region=us, zone=a"), (Standings{1, 2, 0, 2}));
}

TEST_F(Index, APreferenceOpensNoBar) {
    EXPECT_EQ(standings("zone=a", "region=us"), (Standings{1, k_barred, 0, k_barred}));
}

TEST_F(Index, FurtherWishesOnlyAdd) {
    Standings all = standings("region=eu-west", "zone=a");

    LabelIndex{backends}.apply({conditions("region=us|eu-west"), conditions("zone=b")}, all);

    EXPECT_EQ(all, (Standings{1, 1, k_barred, k_barred}));
}

TEST_F(Index, ManyUnmetPreferencesAreNoBar) {
    Standings all;
    for (int i = 0; i < 300; ++i) LabelIndex{backends}.apply({{}, conditions("zone=z")}, all);

    EXPECT_EQ(all, Standings(4, k_barred - 1));
}

}  // namespace
}  // namespace penstock::fleet
