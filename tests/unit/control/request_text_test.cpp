#include "request_text.h"

#include <gtest/gtest.h>

namespace penstock::control {
namespace {

const Endpoint k_engine{.host = "engine", .port = 8000, .authority = "engine:8000"};

TEST(RequestText, WritesAGetWithItsFields) {
    Ask ask{.target = "/metrics"};
    ask.fields.emplace_back("Accept", "text/plain");

    const auto text = request_text(k_engine, ask);

    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(*text,
              "GET /metrics HTTP/1.1\r\nHost: engine:8000\r\nUser-Agent: penstock\r\n"
              "Accept: text/plain\r\n\r\n");
}

TEST(RequestText, WritesAPostWithItsLengthAndBody) {
    const auto text =
        request_text(k_engine, {.method = Method::post, .target = "/hook", .body = "abc"});

    ASSERT_TRUE(text.has_value());
    EXPECT_TRUE(text->ends_with("Content-Length: 3\r\n\r\nabc"));
}

TEST(RequestText, RefusesATargetThatCouldEndTheLine) {
    for (const char* target : {"", "metrics", "/a b", "/a\r\nX: y", "/a\x7f", "/\xc3\xa4"}) {
        const auto text = request_text(k_engine, {.target = target});

        ASSERT_FALSE(text.has_value()) << target;
        EXPECT_EQ(text.error().code(), ErrorCode::invalid_value);
    }
}

TEST(RequestText, RefusesFieldsThatCouldBecomeTwo) {
    using Field = std::pair<std::string, std::string>;
    const std::vector<Field> unfit{{"A", "x\r\nB: y"},       {"A", "x\n"}, {"A\r\n", "x"},
                                   {"A", std::string(1, 0)}, {"A:B", "x"}, {"", "x"}};
    for (const Field& field : unfit) {
        Ask ask;
        ask.fields.push_back(field);

        EXPECT_FALSE(request_text(k_engine, ask).has_value()) << field.first << field.second;
    }
}

TEST(RequestText, RefusesAnAuthorityThatCouldEndTheLine) {
    EXPECT_FALSE(request_text({.authority = "a\r\nb"}, Ask{}).has_value());
}

}  // namespace
}  // namespace penstock::control
