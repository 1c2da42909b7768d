#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/http/fields.h"

namespace penstock::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const Fields& fields) {
    Pairs pairs;
    for (std::size_t i = 0; i < fields.size(); ++i)
        pairs.emplace_back(fields[i].name, fields[i].value);
    return pairs;
}

Fields sample() {
    Fields fields;
    fields.append("X-A", "1");
    fields.append("CONNECTION", "close");
    fields.append("x-a", "2");
    fields.append(FieldName::via, "1.1 p");
    fields.append("connection", "X-A");
    return fields;
}

TEST(Fields, KeepOrderAndSpelling) {
    EXPECT_EQ(pairs_of(sample()), (Pairs{{"X-A", "1"},
                                         {"CONNECTION", "close"},
                                         {"x-a", "2"},
                                         {"Via", "1.1 p"},
                                         {"connection", "X-A"}}));
}

TEST(Fields, FindTheFirstOfAName) {
    const Fields fields = sample();

    EXPECT_EQ(fields.find(FieldName::connection), "close");
    EXPECT_EQ(fields.find("Connection"), "close");
    EXPECT_EQ(fields.find("X-a"), "1");
    EXPECT_EQ(fields.find("X-B"), std::nullopt);
    EXPECT_EQ(fields.find(FieldName::te), std::nullopt);
}

TEST(Fields, CountEachName) {
    const Fields fields = sample();

    EXPECT_EQ(fields.count(FieldName::connection), 2U);
    EXPECT_EQ(fields.count(FieldName::via), 1U);
    EXPECT_EQ(fields.count(FieldName::te), 0U);
    EXPECT_TRUE(fields.has(FieldName::via));
    EXPECT_FALSE(fields.has(FieldName::x_request_id));
}

TEST(Fields, RemoveEveryFieldOfAName) {
    Fields fields = sample();

    EXPECT_EQ(fields.remove(FieldName::connection), 2U);
    EXPECT_EQ(fields.remove("X-A"), 2U);
    EXPECT_EQ(fields.remove("VIA"), 1U);
    EXPECT_EQ(fields.remove("X-A"), 0U);

    EXPECT_TRUE(fields.empty());
    EXPECT_FALSE(fields.has(FieldName::connection));
    EXPECT_FALSE(fields.has(FieldName::via));
}

TEST(Fields, KeepWhatStandsBehindARemovedField) {
    Fields fields = sample();

    fields.remove(FieldName::connection);
    fields.append("X-B", "3");

    EXPECT_EQ(pairs_of(fields),
              (Pairs{{"X-A", "1"}, {"x-a", "2"}, {"Via", "1.1 p"}, {"X-B", "3"}}));
}

TEST(Fields, TakeEmptyValues) {
    Fields fields;
    fields.append("X-A", "");
    EXPECT_EQ(fields.find("X-A"), "");
}

TEST(Fields, AreEmptyAfterClear) {
    Fields fields = sample();
    fields.clear();

    EXPECT_TRUE(fields.empty());
    EXPECT_EQ(fields.bytes(), 0U);
    EXPECT_FALSE(fields.has(FieldName::via));
}

TEST(Fields, AreCopiedByValue) {
    Fields fields = sample();
    const Fields copy = fields;
    fields.clear();
    EXPECT_EQ(copy.size(), 5U);
    EXPECT_EQ(copy.find(FieldName::via), "1.1 p");
}

RC_GTEST_PROP(Fields, AgreeWithAPlainListOfPairs, ()) {
    const auto name = rc::gen::element<std::string>("A", "a", "B", "Host", "TE", "te", "Via");
    Fields fields;
    Pairs plain;
    for (int step = *rc::gen::inRange(0, 40); step > 0; --step) {
        const std::string one = *name;
        if (*rc::gen::inRange(0, 4) > 0) {
            const std::string value(static_cast<std::size_t>(*rc::gen::inRange(0, 9)), 'v');
            fields.append(one, value);
            plain.emplace_back(one, value);
        } else {
            const auto same = [&](const auto& pair) { return equal_no_case(pair.first, one); };
            RC_ASSERT(fields.remove(one) == std::erase_if(plain, same));
        }
        RC_ASSERT(pairs_of(fields) == plain);
    }
}

TEST(ValidName, TakesTokensOnly) {
    EXPECT_TRUE(valid_name("X-A"));
    EXPECT_TRUE(valid_name("!#$%&'*+-.^_`|~09azAZ"));
    EXPECT_FALSE(valid_name(""));
    for (const char c : std::string_view{"\0\t\r\n \"(),/:;<=>?@[\\]{}\x7f\x80\xff", 25}) {
        EXPECT_FALSE(valid_name(std::string{"X"} + c)) << static_cast<int>(c);
    }
}

TEST(ValidName, HasABound) {
    EXPECT_TRUE(valid_name(std::string(0xFFFF, 'x')));
    EXPECT_FALSE(valid_name(std::string(0x10000, 'x')));
}

TEST(ValidValue, RefusesControlCharactersButTab) {
    EXPECT_TRUE(valid_value(""));
    for (int c = 0; c < 256; ++c) {
        const bool good = c == '\t' || (c >= 0x20 && c != 0x7F);
        EXPECT_EQ(valid_value(std::string{"a"} + static_cast<char>(c)), good) << c;
    }
}

TEST(ListHas, FindsATokenAmongBlanksAndEmptyElements) {
    EXPECT_TRUE(list_has("close", "close"));
    EXPECT_TRUE(list_has(" , keep-alive ,\tClose\t", "close"));
    EXPECT_TRUE(list_has("a,b", "B"));
    EXPECT_FALSE(list_has("", "close"));
    EXPECT_FALSE(list_has("closed, xclose", "close"));
    EXPECT_FALSE(list_has("close x", "close"));
}

}  // namespace
}  // namespace penstock::http
