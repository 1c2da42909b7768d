// Keys of too many parts are found whatever their parts are made of, and dots elsewhere are not.
#include <string>

#include <gtest/gtest.h>

#include "penstock/schema/document.h"

namespace penstock::schema {
namespace {

constexpr std::string_view k_told = "a key of more than 8 parts";

Finding finding_in(const std::string& text) {
    const auto parsed = parse_toml(text);
    const auto* finding = std::get_if<Finding>(&parsed);
    return finding == nullptr ? Finding{} : *finding;
}

std::string repeated(const std::string& part, int times) {
    std::string key = part;
    for (int n = 1; n < times; ++n) key += "." + part;
    return key;
}

class KeyPart : public testing::TestWithParam<std::string> {};

TEST_P(KeyPart, DoesNotHideALongKey) {
    const std::string key = repeated(GetParam(), 100'000);

    EXPECT_EQ(finding_in(key + " = 1\n").message, k_told);
    EXPECT_EQ(finding_in("[" + key + "]\n").message, k_told);
    EXPECT_EQ(finding_in("[[" + key + "]]\n").message, k_told);
    EXPECT_EQ(finding_in("x = { " + key + " = 1 }\n").message, k_told);
}

INSTANTIATE_TEST_SUITE_P(LongKey, KeyPart,
                         testing::Values("a", " a\t", R"("!")", R"("=")", R"('"')", R"("\"#")",
                                         R"('#')", R"("")", "\"\xC3\xA9\"", R"("\\")"));

class ValueBefore : public testing::TestWithParam<std::string> {};

TEST_P(ValueBefore, DoesNotHideALongKey) {
    const std::string value = "x = " + GetParam() + "\n";

    EXPECT_EQ(finding_in(value).message, "");
    EXPECT_EQ(finding_in(value + "a.b.c.d.e.f.g.h.i = 1\n").message, k_told);
}

INSTANTIATE_TEST_SUITE_P(LongKey, ValueBefore,
                         testing::Values("1 # ' \"", R"('')", R"("")", R"("\"")", R"('\')",
                                         R"("\\")", R"("""""")", R"("""x""""")", R"('''x'''')",
                                         R"("""\"""")", "'''\n\"\n'''", "\"\"\"'\n\"\"\"",
                                         R"("""a""b""")", R"('''''''')"));

class DotsElsewhere : public testing::TestWithParam<std::string> {};

TEST_P(DotsElsewhere, AreNoKey) {
    EXPECT_EQ(finding_in(GetParam()).message, "");
}

INSTANTIATE_TEST_SUITE_P(
    LongKey, DotsElsewhere,
    testing::Values("a = \"http://a-0.b.c.svc.cluster.eu-west-1.prod.example.com:8000\"\n",
                    "a = 'a.b.c.d.e.f.g.h.i.j'\n", "a = \"\"\"\na.b.c.d.e.f.g.h.i.j\n\"\"\"\n",
                    "# .......... timeouts ..........\na = 1\n", "a = 1  # a.b.c.d.e.f.g.h.i.j\n",
                    "a.b.c.d.e.f.g.h = 1\n[i.j]\nk.l = 1\n",
                    "a = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]\n"));

TEST(LongKey, StandsAtItsFirstDotInCodePoints) {
    EXPECT_EQ(finding_in("\"\xC3\xA9\".b.c.d.e.f.g.h.i = 1\n").place, (Place{1, 4}));
    EXPECT_EQ(finding_in("x = \"\"\"\n\n\"\"\"\n a.b.c.d.e.f.g.h.i = 1\n").place, (Place{4, 3}));
}

}  // namespace
}  // namespace penstock::schema
