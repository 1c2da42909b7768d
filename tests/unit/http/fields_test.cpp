#include "penstock/http/fields.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/http/head.h"

namespace penstock::http {
namespace {

std::string changed(std::string_view text, int (*change)(int)) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(),
                   [change](unsigned char c) { return static_cast<char>(change(c)); });
    return out;
}

TEST(FieldName, IsFoundForEveryNameInAnyCase) {
    for (std::size_t i = 1; i < k_field_names; ++i) {
        const auto id = static_cast<FieldName>(i);
        const std::string_view name = spelling(id);
        ASSERT_TRUE(valid_name(name));
        EXPECT_EQ(field_name(name), id) << name;
        EXPECT_EQ(field_name(changed(name, std::tolower)), id) << name;
        EXPECT_EQ(field_name(changed(name, std::toupper)), id) << name;
    }
}

TEST(FieldName, IsOtherForNearlyAName) {
    for (std::size_t i = 1; i < k_field_names; ++i) {
        const std::string name{spelling(static_cast<FieldName>(i))};
        EXPECT_EQ(field_name(name + "x"), FieldName::other) << name;
        EXPECT_EQ(field_name("x" + name), FieldName::other) << name;
        std::string wrong = name;
        wrong.back() = wrong.back() == '!' ? '#' : '!';
        EXPECT_EQ(field_name(wrong), FieldName::other) << name;
    }
}

TEST(FieldName, IsOtherForNoNameAndForLongOnes) {
    EXPECT_EQ(field_name(""), FieldName::other);
    EXPECT_EQ(field_name(std::string(31, 'a')), FieldName::other);
    EXPECT_EQ(field_name(std::string(5000, 'a')), FieldName::other);
}

TEST(FieldName, DoesNotFoldOtherCharactersLikeLetters) {
    // '@' and '`' differ in the same bit as letters of two cases do.
    EXPECT_FALSE(equal_no_case("@", "`"));
    EXPECT_FALSE(equal_no_case("[", "{"));
    EXPECT_TRUE(equal_no_case("aZ", "Az"));
}

class FieldsTest : public testing::Test {
protected:
    FieldsTest() {
        fields.append("Accept", "a");
        fields.append(FieldName::content_type, "text/plain");
        fields.append("accept", "b");
        fields.append("CONTENT-TYPE", "text/html");
    }
    Fields fields;
};

TEST_F(FieldsTest, KeepOrderAndSpelling) {
    ASSERT_EQ(fields.size(), 4U);
    EXPECT_EQ(fields[0].name, "Accept");
    EXPECT_EQ(fields[1].name, "Content-Type");
    EXPECT_EQ(fields[3].name, "CONTENT-TYPE");
    EXPECT_EQ(fields[3].value, "text/html");
    EXPECT_EQ(fields[3].id, FieldName::content_type);
}

TEST_F(FieldsTest, FindTheFirst) {
    EXPECT_EQ(fields.find(FieldName::content_type), "text/plain");
    EXPECT_EQ(fields.find("content-type"), "text/plain");
    EXPECT_EQ(fields.find("ACCEPT"), "a");
    EXPECT_FALSE(fields.find("missing").has_value());
    EXPECT_FALSE(fields.find(FieldName::host).has_value());
}

TEST_F(FieldsTest, CountAndRemoveAllOfAName) {
    EXPECT_EQ(fields.count(FieldName::content_type), 2U);

    EXPECT_EQ(fields.remove(FieldName::content_type), 2U);

    EXPECT_FALSE(fields.has(FieldName::content_type));
    EXPECT_EQ(fields.count(FieldName::content_type), 0U);
    ASSERT_EQ(fields.size(), 2U);
    EXPECT_EQ(fields[1].value, "b");
}

TEST_F(FieldsTest, RemoveANameThatHasNoId) {
    EXPECT_EQ(fields.remove("aCCept"), 2U);
    EXPECT_EQ(fields.remove("aCCept"), 0U);
    EXPECT_EQ(fields.size(), 2U);
    EXPECT_EQ(fields.find(FieldName::content_type), "text/plain");
}

TEST_F(FieldsTest, RemoveAKnownNameByItsText) {
    EXPECT_EQ(fields.remove("content-TYPE"), 2U);
    EXPECT_FALSE(fields.has(FieldName::content_type));
}

TEST_F(FieldsTest, AreEmptyOnceCleared) {
    fields.clear();

    EXPECT_TRUE(fields.empty());
    EXPECT_FALSE(fields.has(FieldName::content_type));
    EXPECT_EQ(fields.bytes(), 0U);
}

TEST_F(FieldsTest, TakeAnEmptyValue) {
    fields.append("X-Empty", "");

    EXPECT_EQ(fields.find("x-empty"), "");
}

TEST_F(FieldsTest, AreCopiedWhole) {
    Fields copy = fields;
    fields.clear();

    EXPECT_EQ(copy.find("accept"), "a");
    EXPECT_EQ(copy.size(), 4U);
}

TEST(ValidName, IsAToken) {
    EXPECT_TRUE(valid_name("X-a_1!#$%&'*+.^`|~"));
    EXPECT_FALSE(valid_name(""));
    for (int c = 0; c < 256; ++c) {
        const bool mark = c > 0 && std::string_view{"!#$%&'*+-.^_`|~"}.find(static_cast<char>(c)) !=
                                       std::string_view::npos;
        const bool token = mark || (c < 128 && std::isalnum(c) != 0);
        EXPECT_EQ(valid_name(std::string{"a"} + static_cast<char>(c)), token) << c;
    }
}

TEST(ValidName, IsAtMostOf65535Bytes) {
    EXPECT_TRUE(valid_name(std::string(65'535, 'a')));
    EXPECT_FALSE(valid_name(std::string(65'536, 'a')));
}

TEST(ValidValue, HoldsNoControlCharactersButTabs) {
    EXPECT_TRUE(valid_value(""));
    for (int c = 0; c < 256; ++c) {
        const bool fine = c == '\t' || (c >= 0x20 && c != 0x7F);
        EXPECT_EQ(valid_value(std::string{"a"} + static_cast<char>(c) + "b"), fine) << c;
    }
}

TEST(ListHas, FindsAWholeElement) {
    EXPECT_TRUE(list_has("close", "close"));
    EXPECT_TRUE(list_has("keep-alive , \tClose", "close"));
    EXPECT_TRUE(list_has(",,close,", "close"));
    EXPECT_FALSE(list_has("closed", "close"));
    EXPECT_FALSE(list_has("not close", "close"));
    EXPECT_FALSE(list_has("", "close"));
    EXPECT_FALSE(list_has(",", "close"));
}

TEST(RequestHead, TellsThePathWithoutTheQuery) {
    EXPECT_EQ((RequestHead{.target = "/v1/models?x=1"}.path()), "/v1/models");
    EXPECT_EQ((RequestHead{.target = "*"}.path()), "*");
}

RC_GTEST_PROP(FieldsProperty, DoWhatAListOfPairsDoes, ()) {
    std::vector<std::pair<std::string, std::string>> model;
    Fields fields;
    const std::vector<std::string> names{"Host", "host", "TE", "X-One", "x-one", "X-Two"};
    for (int step = 0; step < 30; ++step) {
        const std::string name = *rc::gen::elementOf(names);
        if (*rc::gen::inRange(0, 4) == 0) {
            const auto removed = std::erase_if(
                model, [&](const auto& pair) { return equal_no_case(pair.first, name); });
            RC_ASSERT(fields.remove(name) == removed);
        } else {
            model.emplace_back(name, std::to_string(step));
            fields.append(name, model.back().second);
        }
        RC_ASSERT(fields.size() == model.size());
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < model.size(); ++i) {
            RC_ASSERT(fields[i].name == model[i].first);
            RC_ASSERT(fields[i].value == model[i].second);
            bytes += model[i].first.size() + model[i].second.size();
        }
        RC_ASSERT(fields.bytes() == bytes);
        const auto first = std::find_if(model.begin(), model.end(), [&](const auto& pair) {
            return equal_no_case(pair.first, name);
        });
        RC_ASSERT(fields.find(name).has_value() == (first != model.end()));
        if (first != model.end()) RC_ASSERT(*fields.find(name) == first->second);
    }
}

}  // namespace
}  // namespace penstock::http
