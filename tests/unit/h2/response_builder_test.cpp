#include "response_builder.h"

#include <gtest/gtest.h>

#include "frames.h"

namespace penstock::h2 {
namespace {

using test::List;

/// The verdict on a whole list, and the head it made.
struct Built {
    explicit Built(const List& list, bool ends = false, http::Method method = http::Method::post) {
        ResponseBuilder builder;
        for (const auto& [name, value] : list) builder.add(name, value, head);
        verdict = builder.finish(method, ends, head);
        flood = builder.is_flood();
    }
    [[nodiscard]] std::string_view error() const {
        return verdict ? "ok" : name(verdict.error().code());
    }

    http::ResponseHead head;
    Result<void> verdict;
    bool flood = false;
};

const List k_ok{{":status", "200"}};

List with(std::string_view name, std::string_view value) {
    List list = k_ok;
    list.emplace_back(name, value);
    return list;
}

TEST(ResponseBuilder, MakesTheHeadThatHttp1WouldHaveMade) {
    const Built built{{{":status", "404"}, {"x-one", "1"}, {"content-length", "5"}}};
    ASSERT_EQ(built.error(), "ok");
    EXPECT_EQ(built.head.status, 404);
    EXPECT_EQ(built.head.version, http::Version::http_2);
    EXPECT_EQ(built.head.framing, http::Framing::length);
    EXPECT_EQ(built.head.length, 5U);
    EXPECT_TRUE(built.head.has_length);
    ASSERT_EQ(built.head.fields.size(), 1U);
    EXPECT_EQ(built.head.fields[0].name, "x-one");
}

TEST(ResponseBuilder, KnowsHowTheBodyEnds) {
    EXPECT_EQ(Built{k_ok}.head.framing, http::Framing::chunked);
    EXPECT_EQ((Built{k_ok, true}.head.framing), http::Framing::none);
    const Built empty{with("content-length", "0"), true};
    EXPECT_EQ(empty.head.framing, http::Framing::none);
    EXPECT_TRUE(empty.head.has_length);
    EXPECT_EQ((Built{with("content-length", "0")}.head.framing), http::Framing::length);
}

TEST(ResponseBuilder, KnowsResponsesWithoutABody) {
    for (const std::string_view status : {"204", "304", "103"}) {
        EXPECT_EQ((Built{{{":status", status}}}.head.framing), http::Framing::none) << status;
    }
    const Built head{with("content-length", "7"), true, http::Method::head};
    EXPECT_EQ(head.error(), "ok");
    EXPECT_EQ(head.head.framing, http::Framing::none);
    EXPECT_TRUE(head.head.has_length);
    EXPECT_EQ(head.head.length, 7U);
}

TEST(ResponseBuilder, RefusesWhatHttp1Refuses) {
    const std::string long_name(257, 'n');
    const std::string long_value(33 * 1024, 'v');
    const List lists[] = {
        {},
        {{":status", "20"}},
        {{":status", "2x0"}},
        {{":status", "099"}},
        {{":status", "600"}},
        {{":status", "101"}},
        {{":status", "200"}, {":status", "200"}},
        {{"x", "1"}, {":status", "200"}},
        {{":status", "200"}, {":path", "/"}},
        with("Capital", "1"),
        with("", "1"),
        with("a b", "1"),
        with("x", "a\rb"),
        with("x", std::string_view{"a\0b", 3}),
        with("content-length", "-1"),
        with("content-length", "1, 1"),
        {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}},
        with("connection", "close"),
        with("transfer-encoding", "chunked"),
        with("upgrade", "h2c"),
        with(long_name, "1"),
        with("x", long_value),
    };
    for (const List& list : lists) {
        EXPECT_EQ(Built{list}.error(), "upstream_bad_response")
            << (list.empty() ? "" : list.back().first) << ": "
            << (list.empty() ? "" : list.back().second.substr(0, 20));
    }
}

TEST(ResponseBuilder, RefusesAnEndWithoutTheAnnouncedBody) {
    EXPECT_EQ((Built{with("content-length", "5"), true}.error()), "upstream_bad_response");
}

TEST(ResponseBuilder, TakesAsManyFieldsAsItMayAndNotOneMore) {
    List list = k_ok;
    for (std::size_t i = 0; i < http::k_response_limits.fields; ++i) list.emplace_back("x", "1");
    EXPECT_EQ(Built{list}.error(), "ok");
    list.emplace_back("x", "1");
    EXPECT_EQ(Built{list}.error(), "upstream_bad_response");
}

TEST(ResponseBuilder, TellsAFloodFromAMistake) {
    const std::string value(30 * 1024, 'v');
    EXPECT_FALSE((Built{{{":status", "200"}, {"a", value}, {"b", value}, {"c", value}}}.flood));
    List list = k_ok;
    for (int i = 0; i < 10; ++i) list.emplace_back("x", value);
    EXPECT_TRUE(Built{list}.flood);
}

}  // namespace
}  // namespace penstock::h2
