#include "request_builder.h"

#include <gtest/gtest.h>

#include "frames.h"

namespace penstock::h2 {
namespace {

using test::List;

/// The verdict on a whole list, and the head it made.
struct Built {
    explicit Built(const List& list, bool has_body = false, http::HeadLimits with = {})
        : limits{with} {
        RequestBuilder builder{limits};
        for (const auto& [name, value] : list) builder.add(name, value, head);
        verdict = builder.finish(has_body, head);
        flood = builder.is_flood();
    }
    [[nodiscard]] std::string_view error() const {
        return verdict ? "ok" : name(verdict.error().code());
    }

    http::HeadLimits limits;
    http::RequestHead head;
    Result<void> verdict;
    bool flood = false;
};

List with(List list, std::string_view name, std::string_view value) {
    for (auto& each : list) {
        if (each.first == name && name.starts_with(':')) {
            each.second = value;
            return list;
        }
    }
    list.emplace_back(name, value);
    return list;
}
List without(List list, std::string_view name) {
    std::erase_if(list, [name](const auto& each) { return each.first == name; });
    return list;
}

TEST(RequestBuilder, MakesTheHeadThatHttp1WouldHaveMade) {
    const Built built{with(with(test::k_post, "x-one", "1"), "content-length", "5"), true};
    ASSERT_EQ(built.error(), "ok");
    EXPECT_EQ(built.head.method, http::Method::post);
    EXPECT_EQ(built.head.version, http::Version::http_2);
    EXPECT_EQ(built.head.target, "/x");
    EXPECT_EQ(built.head.authority, "a.test");
    EXPECT_EQ(built.head.framing, http::Framing::length);
    EXPECT_EQ(built.head.length, 5U);
    ASSERT_EQ(built.head.fields.size(), 1U);
    EXPECT_EQ(built.head.fields[0].name, "x-one");
}

TEST(RequestBuilder, KnowsHowTheBodyEnds) {
    EXPECT_EQ(Built{test::k_get}.head.framing, http::Framing::none);
    EXPECT_EQ((Built{test::k_post, true}.head.framing), http::Framing::chunked);
    EXPECT_EQ((Built{with(test::k_get, "content-length", "0")}.head.framing),
              http::Framing::length);
}

TEST(RequestBuilder, JoinsTheCrumbsOfACookie) {
    const Built built{with(with(with(test::k_get, "cookie", "a=1"), "x", "y"), "cookie", "b=2")};
    EXPECT_EQ(built.head.fields.find("cookie"), "a=1; b=2");
    EXPECT_EQ(built.head.fields.size(), 2U);
}

TEST(RequestBuilder, LeavesEmptyCrumbsOfACookieOut) {
    const Built last{with(with(test::k_get, "cookie", "a=1"), "cookie", "")};
    EXPECT_EQ(last.head.fields.find("cookie"), "a=1");
    const Built between{
        with(with(with(test::k_get, "cookie", "a=1"), "cookie", ""), "cookie", "b=2")};
    EXPECT_EQ(between.head.fields.find("cookie"), "a=1; b=2");
    const Built alone{with(test::k_get, "cookie", "")};
    EXPECT_FALSE(alone.head.fields.find("cookie"));
}

TEST(RequestBuilder, TakesHostWhereThereIsNoAuthority) {
    const Built built{with(without(test::k_get, ":authority"), "host", "b.test:80")};
    ASSERT_EQ(built.error(), "ok");
    EXPECT_EQ(built.head.authority, "b.test:80");
    EXPECT_EQ(built.head.fields.size(), 0U);
}

TEST(RequestBuilder, KeepsAnExpectationForItself) {
    const Built built{with(test::k_post, "expect", "100-continue"), true};
    EXPECT_TRUE(built.head.expects_continue);
    EXPECT_EQ(built.head.fields.size(), 0U);
}

struct Row {
    const char* what;
    List list;
    std::string_view error;
};

class RequestVerdicts : public testing::TestWithParam<Row> {};

TEST_P(RequestVerdicts, AreThoseOfHttp1) {
    EXPECT_EQ((Built{GetParam().list, true}.error()), GetParam().error) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    RequestBuilder, RequestVerdicts,
    testing::Values(
        Row{"path with #", with(test::k_get, ":path", "/a#b"), "bad_request"},
        Row{"path with a quote", with(test::k_get, ":path", "/a\"b"), "bad_request"},
        Row{"path with eight bits", with(test::k_get, ":path", "/\xC3\xA4"), "bad_request"},
        Row{"path that hides CR", with(test::k_get, ":path", "/a%0db"), "bad_request"},
        Row{"path without a slash", with(test::k_get, ":path", "a"), "bad_request"},
        Row{"absolute path", with(test::k_get, ":path", "http://b/x"), "bad_request"},
        Row{"* for GET", with(test::k_get, ":path", "*"), "bad_request"},
        Row{"* for OPTIONS", with(with(test::k_get, ":method", "OPTIONS"), ":path", "*"), "ok"},
        Row{"no path", without(test::k_get, ":path"), "bad_request"},
        Row{"scheme ftp", with(test::k_get, ":scheme", "ftp"), "bad_request"},
        Row{"scheme https", with(test::k_get, ":scheme", "https"), "ok"},
        Row{"user in the authority", with(test::k_get, ":authority", "u@a.test"), "bad_request"},
        Row{"port too large", with(test::k_get, ":authority", "a.test:65536"), "bad_request"},
        Row{"no authority, no host", without(test::k_get, ":authority"), "bad_request"},
        Row{"a blank before a value", with(test::k_get, "x", "\ta"), "bad_request"},
        Row{"a blank after a value", with(test::k_get, "cookie", "a "), "bad_request"},
        Row{"blanks within a value", with(test::k_get, "x", "a b"), "ok"},
        Row{"another host", with(test::k_get, "host", "b.test"), "bad_request"},
        Row{"the same host in capitals", with(test::k_get, "host", "A.TEST"), "ok"},
        Row{"two hosts", with(with(test::k_get, "host", "a.test"), "host", "a.test"),
            "bad_request"},
        Row{"TRACE", with(test::k_get, ":method", "TRACE"), "unsupported_method"},
        Row{"CONNECT", with(without(test::k_get, ":path"), ":method", "CONNECT"),
            "unsupported_method"},
        Row{"method in small letters", with(test::k_get, ":method", "get"), "unsupported_method"},
        Row{"method with a blank", with(test::k_get, ":method", "GE T"), "bad_request"},
        Row{"length with a sign", with(test::k_post, "content-length", "+1"), "bad_request"},
        Row{"two lengths", with(with(test::k_post, "content-length", "1"), "content-length", "1"),
            "bad_request"},
        Row{"expectation", with(test::k_post, "expect", "gold"), "expectation_failed"},
        Row{"value with CR", with(test::k_get, "x", "a\rb"), "bad_request"},
        Row{"name with a blank", with(test::k_get, "x y", "a"), "bad_request"}));

TEST(RequestBuilder, BoundsTheNumberOfFields) {
    http::HeadLimits limits;
    limits.fields = 3;
    List list = test::k_get;
    for (int i = 0; i < 3; ++i) list.emplace_back("x", "");
    EXPECT_EQ((Built{list, false, limits}.error()), "ok");
    list.emplace_back("x", "");
    EXPECT_EQ((Built{list, false, limits}.error()), "head_too_large");
}

TEST(RequestBuilder, BoundsSizesAndKnowsAFlood) {
    http::HeadLimits limits;
    limits.head = 1'000;
    const std::string large(900, 'v');
    EXPECT_EQ((Built{with(test::k_get, "x", large), false, limits}.error()), "head_too_large");
    EXPECT_FALSE((Built{with(test::k_get, "x", large), false, limits}.flood));
    List list = test::k_get;
    for (int i = 0; i < 5; ++i) list.emplace_back("x", large);
    EXPECT_TRUE((Built{list, false, limits}.flood));

    const std::string path = "/" + std::string(9'000, 'p');
    EXPECT_EQ((Built{with(test::k_get, ":path", path)}.error()), "request_line_too_long");
    const std::string name(300, 'n');
    EXPECT_EQ((Built{with(test::k_get, name, "v")}.error()), "head_too_large");
}

}  // namespace
}  // namespace penstock::h2
