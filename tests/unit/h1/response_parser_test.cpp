#include <ostream>

#include <gtest/gtest.h>

#include "tests/support/parsed_head.h"

namespace penstock::h1 {
namespace {

std::string with(const std::string& fields) {
    return "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
}
std::string line(const std::string& text) {
    return text + "\r\n\r\n";
}

class RefusedResponse : public testing::TestWithParam<std::string> {};

TEST_P(RefusedResponse, IsABadResponse) {
    const auto parsed = parse_response(GetParam(), http::Method::post);

    ASSERT_TRUE(parsed.has_error());
    EXPECT_EQ(parsed.error().code(), ErrorCode::upstream_bad_response);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedResponse,
    testing::Values(
        line("HTTP/1.1"), line("HTTP/1.1 20"), line("HTTP/1.1 2000"), line("HTTP/1.1 2x0 OK"),
        line("HTTP/1.1  200 OK"), line("HTTP/1.1 099 Low"), line("HTTP/1.1 000 Zero"),
        line("HTTP/1.1 600 High"), line("HTTP/1.1 999"), line("HTTP/2.0 200 OK"),
        line("HTTP/1.2 200 OK"), line("http/1.1 200 OK"), line("ICY 200 OK"), line("200 OK"),
        line("HTTP/1.1 200 O\x01K"), line("HTTP/1.1\t200 OK"), line("HTTP/1.1 200\tOK"),
        line(" HTTP/1.1 200 OK"), line("HTTP/1.1 -20 OK"), "HTTP/1.1 200 OK\n\r\n\r\n",
        "HTTP/1.1 200 OK\rX\r\n\r\n", with("Transfer-Encoding: gzip\r\n"),
        with("Transfer-Encoding: gzip, chunked\r\n"), with("Transfer-Encoding: chunked, gzip\r\n"),
        with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"),
        with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        with("Transfer-Encoding: identity\r\n"), with("Transfer-Encoding: chunked;a=b\r\n"),
        with("Content-Length: 1\r\nContent-Length: 1\r\n"), with("Content-Length: 1, 1\r\n"),
        with("Content-Length: -1\r\n"), with("Content-Length: 1e3\r\n"),
        with("Content-Length: 99999999999999999999\r\n"), with("Content-Length:\r\n"),
        with("X A: b\r\n"), with("X-A : b\r\n"), with(": b\r\n"), with("X-A\r\n"),
        with("X-A: b\r\n c\r\n"), with("X-A: b\x01\r\n"), with(std::string("X-A: b\0c\r\n", 10)),
        with("X-A: b\n"), with("X-A: \x7f\r\n"),
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        with("X-A: " + std::string(70'000, 'b') + "\r\n"), with([] {
            std::string all;
            for (int i = 0; i < 201; ++i) all += "X-A: b\r\n";
            return all;
        }())),
    [](const auto& one) { return "Case" + std::to_string(one.index); });

TEST(ResponseParser, ReadsStatusReasonAndFields) {
    const auto head = parse_response("HTTP/1.1 404 Not There\r\nA: b\r\nContent-Length: 7\r\n\r\n",
                                     http::Method::get);

    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->status, 404);
    EXPECT_EQ(head->reason, "Not There");
    EXPECT_EQ(head->framing, http::Framing::length);
    EXPECT_EQ(head->length, 7U);
    EXPECT_EQ(head->fields.size(), 1U);
    EXPECT_TRUE(head->keep_alive);
}

TEST(ResponseParser, AcceptsAStatusLineWithoutReason) {
    EXPECT_TRUE(parse_response(line("HTTP/1.1 200"), http::Method::get).has_value());
    EXPECT_TRUE(parse_response(line("HTTP/1.1 200 "), http::Method::get).has_value());
}

TEST(ResponseParser, ReadsToTheEndWithoutAnyFraming) {
    EXPECT_EQ(parse_response(with(""), http::Method::get)->framing, http::Framing::until_close);
}

TEST(ResponseParser, KnowsWhatHasNoBody) {
    EXPECT_EQ(parse_response(with("Content-Length: 9\r\n"), http::Method::head)->framing,
              http::Framing::none);
    EXPECT_TRUE(parse_response(with("Content-Length: 9\r\n"), http::Method::head)->has_length);
    EXPECT_EQ(parse_response(with("Content-Length: 0\r\n"), http::Method::get)->framing,
              http::Framing::none);
    EXPECT_TRUE(parse_response(with("Content-Length: 0\r\n"), http::Method::get)->has_length);
    EXPECT_EQ(parse_response(line("HTTP/1.1 204 No"), http::Method::get)->framing,
              http::Framing::none);
    EXPECT_EQ(parse_response(line("HTTP/1.1 304 No"), http::Method::get)->framing,
              http::Framing::none);
    EXPECT_EQ(parse_response(line("HTTP/1.1 100 Continue"), http::Method::get)->framing,
              http::Framing::none);
}

TEST(ResponseParser, GivesUpAConnectionWhoseBodilessAnswerAnnouncesChunks) {
    const std::string chunked = "\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* status : {"204", "100", "103"}) {
        const auto head = parse_response("HTTP/1.1 " + (status + chunked), http::Method::get);
        ASSERT_TRUE(head.has_value()) << status;
        EXPECT_EQ(head->framing, http::Framing::none) << status;
        EXPECT_FALSE(head->keep_alive) << status;
    }
    EXPECT_TRUE(parse_response("HTTP/1.1 304" + chunked, http::Method::get)->keep_alive);
    EXPECT_TRUE(parse_response("HTTP/1.1 200" + chunked, http::Method::head)->keep_alive);
}

TEST(ResponseParser, KnowsWhetherTheConnectionStays) {
    const auto keeps = [](const char* version, const char* fields) {
        const std::string text = std::string{version} + " 200\r\n" + fields + "\r\n";
        return parse_response(text, http::Method::get)->keep_alive;
    };
    EXPECT_TRUE(keeps("HTTP/1.1", ""));
    EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
    EXPECT_FALSE(keeps("HTTP/1.1", "Connection: keep-alive\r\nConnection: Close\r\n"));
    EXPECT_FALSE(keeps("HTTP/1.0", ""));
    EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(ResponseParser, TakesEachLimitAtItsBoundAndNotOnePast) {
    const std::string text = with("X-Abc: 12345\r\nB: c\r\n");
    const auto accepts = [&text](const HeadLimits& limits) {
        return parse_response(text, http::Method::get, limits).has_value();
    };

    EXPECT_TRUE(accepts({.head = text.size()}));
    EXPECT_FALSE(accepts({.head = text.size() - 1}));
    EXPECT_TRUE(accepts({.request_line = 15}));
    EXPECT_FALSE(accepts({.request_line = 14}));
    EXPECT_TRUE(accepts({.fields = 2}));
    EXPECT_FALSE(accepts({.fields = 1}));
    EXPECT_TRUE(accepts({.field = 12}));
    EXPECT_FALSE(accepts({.field = 11}));
    EXPECT_TRUE(accepts({.name = 5}));
    EXPECT_FALSE(accepts({.name = 4}));
}

TEST(ResponseParser, GivesUpAConnectionWhose204AnnouncesABody) {
    EXPECT_FALSE(parse_response("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", http::Method::get)
                     ->keep_alive);
}

}  // namespace
}  // namespace penstock::h1
