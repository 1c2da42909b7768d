#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/schema/document.h"

namespace penstock::schema {
namespace {

Node good(std::string_view text) {
    auto parsed = parse_toml(text);
    if (const auto* finding = std::get_if<Finding>(&parsed)) {
        ADD_FAILURE() << finding->message;
        return {};
    }
    return std::get<Node>(std::move(parsed));
}

Finding bad(std::string_view text) {
    auto parsed = parse_toml(text);
    if (!std::holds_alternative<Finding>(parsed)) {
        ADD_FAILURE() << "it was read";
        return {};
    }
    return std::get<Finding>(std::move(parsed));
}

TEST(ParseToml, KeepsTheFilesOrderAndPlaces) {
    const Node root = good("z = 1\n\na = \"x\"\n");

    ASSERT_EQ(root.entries.size(), 2U);
    EXPECT_EQ(root.entries[0].key, "z");
    EXPECT_EQ(root.entries[0].place, (Place{1, 1}));
    EXPECT_EQ(root.entries[1].key, "a");
    EXPECT_EQ(root.entries[1].value.place, (Place{3, 5}));
}

TEST(ParseToml, KnowsEachKindOfValue) {
    const Node root =
        good("a = \"x\"\nb = 1\nc = 1.5\nd = true\ne = 2026-01-01\nf = [1]\ng = {}\n");

    const NodeKind expected[] = {NodeKind::text,    NodeKind::integer,      NodeKind::number,
                                 NodeKind::boolean, NodeKind::date_or_time, NodeKind::list,
                                 NodeKind::table};
    ASSERT_EQ(root.entries.size(), std::size(expected));
    for (std::size_t n = 0; n < std::size(expected); ++n) {
        EXPECT_EQ(root.entries[n].value.kind, expected[n]) << n;
    }
}

TEST(ParseToml, TellsWhereItIsNone) {
    const Finding finding = bad("a = 1\nb = = 2\n");

    EXPECT_EQ(finding.place.line, 2U);
    EXPECT_TRUE(finding.message.starts_with("not valid TOML: "));
}

TEST(ParseToml, GuessesThatQuotesAreMissing) {
    EXPECT_EQ(bad("level = debug\n").hint, "strings need quotes");
    EXPECT_EQ(bad("x = 1\nlevel = info").hint, "strings need quotes");
    EXPECT_EQ(bad("level = [1,,2]\n").hint, "");
    EXPECT_EQ(bad("level = true false\n").hint, "");
}

TEST(ParseToml, TakesOneMebibyteAndNoByteMore) {
    const std::string comment = "#" + std::string(k_document_bytes - 1, ' ');

    good(comment);
    EXPECT_EQ(bad(comment + " ").message, "the file is larger than 1 MiB");
}

TEST(ParseToml, TakesKeysOfEightPartsAndNoneMore) {
    good("a.b.c.d.e.f.g.h = 1\n");
    EXPECT_EQ(bad("x = 1\na.b.c.d.e.f.g.h.i = 1\n").place, (Place{2, 2}));
}

TEST(ParseToml, SurvivesDeepNesting) {
    const std::string deep(100'000, '[');
    bad("a = " + deep);
    std::string key = "a";
    for (int n = 0; n < 100'000; ++n) key += ".a";
    bad("[" + key + "]\n");
    bad(key + " = 1\n");
}

TEST(ParseToml, TakesManyDotsInStrings) {
    good("a = \"1.2.3.4:5/6.7.8.9/a.b.c, d.e.f, g.h.i\"\n");
}

RC_GTEST_PROP(ParseToml, ReadsOrRefusesAnyText, (const std::string& text)) {
    (void)parse_toml(text);
    (void)parse_toml("a = " + text);
}

}  // namespace
}  // namespace penstock::schema
