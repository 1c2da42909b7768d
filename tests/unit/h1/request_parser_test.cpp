#include <ostream>

#include <gtest/gtest.h>

#include "penstock/h1/parser.h"
#include "tests/support/parsed_head.h"
#include "tests/support/split_verdict.h"

namespace penstock::h1 {
namespace {

struct Case {
    const char* name;
    std::string text;
    ErrorCode expected;
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.name;
}

std::string with(const std::string& fields) {
    return "POST /v1/x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string line(const std::string& request_line) {
    return request_line + "\r\nHost: a\r\n\r\n";
}
std::string host(const std::string& value) {
    return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n";
}

std::string repeated(const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}
/// Fields of some 10,000 bytes each.
std::string long_fields(int count) {
    return repeated("A: " + std::string(10'000, 'b') + "\r\n", count);
}

const std::string k_nul{'\0'};
constexpr auto k_bad = ErrorCode::bad_request;

const std::vector<Case>& refused() {
    static const std::vector<Case> cases{
        // The request line.
        {"no version", line("GET /"), k_bad},
        {"HTTP/0.9", "GET /\r\n\r\n", k_bad},
        {"two blanks after the method", line("GET  / HTTP/1.1"), k_bad},
        {"two blanks before the version", line("GET /  HTTP/1.1"), k_bad},
        {"tab instead of blank", line("GET\t/ HTTP/1.1"), k_bad},
        {"leading blank", line(" GET / HTTP/1.1"), k_bad},
        {"trailing blank", line("GET / HTTP/1.1 "), k_bad},
        {"trailing tab", line("GET / HTTP/1.1\t"), k_bad},
        {"three words after the method", line("GET / x HTTP/1.1"), k_bad},
        {"lower-case version", line("GET / http/1.1"), k_bad},
        {"version without a dot", line("GET / HTTP/11"), k_bad},
        {"version with two digits", line("GET / HTTP/1.10"), k_bad},
        {"version with a sign", line("GET / HTTP/+1.1"), k_bad},
        {"version of letters", line("GET / HTTP/a.b"), k_bad},
        {"version 0.9", line("GET / HTTP/0.9"), k_bad},
        {"version 1.2", line("GET / HTTP/1.2"), ErrorCode::unsupported_version},
        {"version 2.0", line("GET / HTTP/2.0"), ErrorCode::unsupported_version},
        {"version 3.0", line("GET / HTTP/3.0"), ErrorCode::unsupported_version},
        {"another protocol", line("GET / RTSP/1.0"), k_bad},
        {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ErrorCode::unsupported_method},
        {"method with a colon", line("GE:T / HTTP/1.1"), k_bad},
        {"method with a quote", line("GE\"T / HTTP/1.1"), k_bad},
        {"method with a NUL", line("G" + k_nul + "T / HTTP/1.1"), k_bad},
        {"method of 33 letters", line(std::string(33, 'A') + " / HTTP/1.1"), k_bad},
        {"empty method", line(" / HTTP/1.1"), k_bad},
        {"lower-case method", line("get / HTTP/1.1"), ErrorCode::unsupported_method},
        {"CONNECT", line("CONNECT a:80 HTTP/1.1"), ErrorCode::unsupported_method},
        {"TRACE", line("TRACE / HTTP/1.1"), ErrorCode::unsupported_method},
        {"unknown method", line("BREW / HTTP/1.1"), ErrorCode::unsupported_method},
        {"relative target", line("GET v1 HTTP/1.1"), k_bad},
        {"fragment", line("GET /a#b HTTP/1.1"), k_bad},
        {"quote in the target", line("GET /a\"b HTTP/1.1"), k_bad},
        {"angle bracket in the target", line("GET /a<b HTTP/1.1"), k_bad},
        {"backslash in the target", line("GET /a\\b HTTP/1.1"), k_bad},
        {"caret in the target", line("GET /a^b HTTP/1.1"), k_bad},
        {"backquote in the target", line("GET /a`b HTTP/1.1"), k_bad},
        {"brace in the target", line("GET /a{b HTTP/1.1"), k_bad},
        {"bar in the target", line("GET /a|b HTTP/1.1"), k_bad},
        {"NUL in the target", line("GET /a" + k_nul + " HTTP/1.1"), k_bad},
        {"DEL in the target", line("GET /a\x7f HTTP/1.1"), k_bad},
        {"control character in the target", line("GET /a\x01 HTTP/1.1"), k_bad},
        {"8-bit character in the target", line("GET /\xc3\xa4 HTTP/1.1"), k_bad},
        {"NUL hidden in the path", line("GET /a%00b HTTP/1.1"), k_bad},
        {"CR hidden in the path", line("GET /a%0D HTTP/1.1"), k_bad},
        {"LF hidden in the path", line("GET /a%0a?b HTTP/1.1"), k_bad},
        {"LF hidden behind another escape", line("GET /%25%0A HTTP/1.1"), k_bad},
        {"NUL hidden in a URL's path", "GET http://a/%00 HTTP/1.1\r\nHost: a\r\n\r\n", k_bad},
        {"asterisk with GET", line("GET * HTTP/1.1"), k_bad},
        {"ftp URL", line("GET ftp://a/ HTTP/1.1"), k_bad},
        {"URL with userinfo", line("GET http://u@a/ HTTP/1.1"), k_bad},
        {"URL without a host", line("GET http:/// HTTP/1.1"), k_bad},
        {"URL with another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", k_bad},
        {"URL with another port", "GET http://a:81/ HTTP/1.1\r\nHost: a:80\r\n\r\n", k_bad},
        {"line ends in LF", "GET / HTTP/1.1\nHost: a\r\n\r\n", k_bad},
        {"bare CR in the line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", k_bad},
        {"line ends in CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", k_bad},
        {"request line over its limit", line("GET /" + std::string(8 * 1024, 'a') + " HTTP/1.1"),
         ErrorCode::request_line_too_long},
        // Fields.
        {"blank before the colon", with("X-A : b\r\n"), k_bad},
        {"tab before the colon", with("X-A\t: b\r\n"), k_bad},
        {"no colon", with("X-A b\r\n"), k_bad},
        {"empty name", with(": b\r\n"), k_bad},
        {"name with a blank", with("X A: b\r\n"), k_bad},
        {"name with a bracket", with("X(A: b\r\n"), k_bad},
        {"name with a slash", with("X/A: b\r\n"), k_bad},
        {"name with a quote", with("\"X\": b\r\n"), k_bad},
        {"name with UTF-8", with("X-\xc3\xa4: b\r\n"), k_bad},
        {"name with a NUL", with("X" + k_nul + "A: b\r\n"), k_bad},
        {"value with a NUL", with("X-A: b" + k_nul + "c\r\n"), k_bad},
        {"value with 0x01", with("X-A: b\x01\r\n"), k_bad},
        {"value with DEL", with("X-A: b\x7f\r\n"), k_bad},
        {"value with ESC", with("X-A: \x1b[1m\r\n"), k_bad},
        {"value with a bare CR", with("X-A: b\rc\r\n"), k_bad},
        {"value ends in LF", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\nX-B: c\r\n\r\n", k_bad},
        {"folded line, blank", with("X-A: b\r\n c\r\n"), k_bad},
        {"folded line, tab", with("X-A: b\r\n\tc\r\n"), k_bad},
        {"white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", k_bad},
        {"head ends in LF LF", "GET / HTTP/1.1\r\nHost: a\n\n", k_bad},
        {"only the empty line ends in LF", "GET / HTTP/1.1\r\nHost: a\r\n\n", k_bad},
        {"101 fields", with([] {
             std::string all;
             for (int i = 0; i < 100; ++i) all += "X-A: b\r\n";
             return all;
         }()),
         ErrorCode::head_too_large},
        {"a field over its limit", with("X-A: " + std::string(16 * 1024, 'b') + "\r\n"),
         ErrorCode::head_too_large},
        {"a name over its limit", with(std::string(257, 'X') + ": b\r\n"),
         ErrorCode::head_too_large},
        {"a head over its limit",
         with("A: " + std::string(15'000, 'b') + "\r\nB: " + std::string(15'000, 'b') +
              "\r\nC: " + std::string(4'000, 'b') + "\r\n"),
         ErrorCode::head_too_large},
        // Transfer-Encoding.
        {"chunked twice in a list", with("Transfer-Encoding: chunked, chunked\r\n"),
         ErrorCode::unsupported_transfer_encoding},
        {"two Transfer-Encoding fields",
         with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), k_bad},
        {"gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n"),
         ErrorCode::unsupported_transfer_encoding},
        {"gzip alone", with("Transfer-Encoding: gzip\r\n"), k_bad},
        {"identity", with("Transfer-Encoding: identity\r\n"), k_bad},
        {"identity, chunked", with("Transfer-Encoding: identity, chunked\r\n"),
         ErrorCode::unsupported_transfer_encoding},
        {"chunked with a parameter", with("Transfer-Encoding: chunked;q=1\r\n"), k_bad},
        {"chunked in quotes", with("Transfer-Encoding: \"chunked\"\r\n"), k_bad},
        {"chunked with an empty element after", with("Transfer-Encoding: chunked,\r\n"), k_bad},
        {"chunked with an empty element before", with("Transfer-Encoding: ,chunked\r\n"),
         ErrorCode::unsupported_transfer_encoding},
        {"xchunked", with("Transfer-Encoding: xchunked\r\n"), k_bad},
        {"chunkedx", with("Transfer-Encoding: chunkedx\r\n"), k_bad},
        {"chunked with a vertical tab",
         with("Transfer-Encoding: \x0b"
              "chunked\r\n"),
         k_bad},
        {"empty Transfer-Encoding", with("Transfer-Encoding:\r\n"), k_bad},
        {"Transfer-Encoding and Content-Length",
         with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), k_bad},
        {"Content-Length and Transfer-Encoding",
         with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), k_bad},
        {"Transfer-Encoding in HTTP/1.0",
         "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", k_bad},
        // Content-Length.
        {"length with a plus", with("Content-Length: +5\r\n"), k_bad},
        {"length with a minus", with("Content-Length: -5\r\n"), k_bad},
        {"length in hex", with("Content-Length: 0x5\r\n"), k_bad},
        {"length with letters", with("Content-Length: 5a\r\n"), k_bad},
        {"length with a blank inside", with("Content-Length: 5 0\r\n"), k_bad},
        {"length with an underscore", with("Content-Length: 1_0\r\n"), k_bad},
        {"length with a point", with("Content-Length: 5.0\r\n"), k_bad},
        {"empty length", with("Content-Length:\r\n"), k_bad},
        {"list of equal lengths", with("Content-Length: 5, 5\r\n"), k_bad},
        {"list of lengths", with("Content-Length: 5, 6\r\n"), k_bad},
        {"two equal lengths", with("Content-Length: 5\r\nContent-Length: 5\r\n"), k_bad},
        {"two lengths", with("Content-Length: 5\r\nContent-Length: 6\r\n"), k_bad},
        {"length over 2^63", with("Content-Length: 9223372036854775808\r\n"), k_bad},
        {"length over 2^64", with("Content-Length: 99999999999999999999\r\n"), k_bad},
        {"length in quotes", with("Content-Length: \"5\"\r\n"), k_bad},
        {"length with a zero-width digit", with("Content-Length: \xd9\xa5\r\n"), k_bad},
        // Host.
        {"no Host", "GET / HTTP/1.1\r\n\r\n", k_bad},
        {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", k_bad},
        {"empty Host", host(""), k_bad},
        {"Host with userinfo", host("u@a"), k_bad},
        {"Host with a comma list", host("a, b"), k_bad},
        {"Host with a blank", host("a b"), k_bad},
        {"Host with a path", host("a/b"), k_bad},
        {"Host with a query", host("a?b"), k_bad},
        {"Host with a port of letters", host("a:b"), k_bad},
        {"Host with a port over 65535", host("a:65536"), k_bad},
        {"Host with a port of six digits", host("a:000080"), k_bad},
        {"Host with two ports", host("a:1:2"), k_bad},
        {"Host with only a port", host(":80"), k_bad},
        {"Host with an open bracket", host("[::1"), k_bad},
        {"Host with junk behind the bracket", host("[::1]a"), k_bad},
        {"Host with a name in brackets", host("[name]"), k_bad},
        {"Host with empty brackets", host("[]"), k_bad},
        {"Host with a quote", host("\"a\""), k_bad},
        {"Host with UTF-8", host("\xc3\xa4"), k_bad},
        // Expect.
        {"unknown expectation", with("Expect: 200-ok\r\nContent-Length: 1\r\n"),
         ErrorCode::expectation_failed},
        {"two expectations in a list", with("Expect: 100-continue, x\r\nContent-Length: 1\r\n"),
         ErrorCode::expectation_failed},
        {"empty expectation", with("Expect:\r\nContent-Length: 1\r\n"),
         ErrorCode::expectation_failed},
        {"two Expect fields",
         with("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"),
         ErrorCode::expectation_failed},
        {"a good Expect behind a bad one",
         with("Expect: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"),
         ErrorCode::expectation_failed},
        // Two faults: the first one counts, whichever was seen when.
        {"too many fields, then a bare LF", with(repeated("X-A: b\r\n", 100) + "X: c\n"),
         ErrorCode::head_too_large},
        {"a bare LF, then too many fields", with("X: c\n" + repeated("X-A: b\r\n", 100)), k_bad},
        {"a long field, then a bare CR",
         with("X-A: " + std::string(16 * 1024, 'b') + "\r\nX: a\rb\r\n"),
         ErrorCode::head_too_large},
        {"a bad name in a head over its limit", with("X A: b\r\n" + long_fields(4)), k_bad},
        {"a bare LF in a head over its limit", with("X: b\nY: c\r\n" + long_fields(4)), k_bad},
        {"a bad name beyond the head's limit", with(long_fields(4) + "X A: b\r\n"),
         ErrorCode::head_too_large},
        {"a bare CR in a request line over its limit",
         line("GET /\r" + std::string(9 * 1024, 'a') + " HTTP/1.1"),
         ErrorCode::request_line_too_long},
        {"a bad request line in a head over its limit",
         "GET / x HTTP/1.1\r\nHost: a\r\n" + long_fields(4) + "\r\n", k_bad},
    };
    return cases;
}

class RefusedRequest : public testing::TestWithParam<Case> {};

TEST_P(RefusedRequest, IsRefusedWhole) {
    const Result<http::RequestHead> parsed =
        parse_in_two(GetParam().text, GetParam().text.size(), {});

    ASSERT_TRUE(parsed.has_error());
    EXPECT_EQ(name(parsed.error().code()), name(GetParam().expected)) << parsed.error().detail();
}

TEST_P(RefusedRequest, IsRefusedAlikeHoweverSplit) {
    const std::string& text = GetParam().text;
    // Long texts are about limits: a sample of their splits says as much as all.
    const std::size_t step = text.size() > 1000 ? 97 : 1;

    for (std::size_t split = 0; split < text.size(); split += step) {
        const Result<http::RequestHead> parsed = parse_in_two(text, split, {});
        ASSERT_TRUE(parsed.has_error()) << "split at " << split;
        ASSERT_EQ(name(parsed.error().code()), name(GetParam().expected)) << "split at " << split;
    }
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedRequest, testing::ValuesIn(refused()),
                         [](const auto& one) { return "Case" + std::to_string(one.index); });

struct Good {
    const char* name;
    std::string text;
};
void PrintTo(const Good& one, std::ostream* out) {
    *out << one.name;
}

class AcceptedRequest : public testing::TestWithParam<Good> {};

TEST_P(AcceptedRequest, IsAcceptedHoweverSplit) {
    const std::string& text = GetParam().text;

    for (std::size_t split = 0; split <= text.size(); split += text.size() > 1000 ? 97 : 1) {
        const Result<http::RequestHead> parsed = parse_in_two(text, split, {});
        ASSERT_TRUE(parsed.has_value()) << "split at " << split << ": " << parsed.error().detail();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, AcceptedRequest,
    testing::Values(Good{"plain", host("a")}, Good{"host and port", host("a.b:65535")},
                    Good{"v6 host", host("[::1]:80")}, Good{"port may be empty", host("a:")},
                    Good{"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"},
                    Good{"options asterisk", line("OPTIONS * HTTP/1.1")},
                    Good{"absolute form", "GET http://a/b?c HTTP/1.1\r\nHost: A\r\n\r\n"},
                    Good{"value with obs-text", with("X-A: \xe4\xf6\r\n")},
                    Good{"value with tabs", with("X-A: b\tc\r\n")},
                    Good{"empty value", with("X-A:\r\n")},
                    Good{"chunked in capitals", with("Transfer-Encoding: CHUNKED\r\n")},
                    Good{"length zero", with("Content-Length: 0\r\n")},
                    Good{"leading zeros", with("Content-Length: 007\r\n")},
                    Good{"18 digits", with("Content-Length: 123456789012345678\r\n")},
                    Good{"100 fields", with([] {
                             std::string all;
                             for (int i = 0; i < 99; ++i) all += "X-A: b\r\n";
                             return all;
                         }())},
                    Good{"request line at its limit",
                         line("GET /" + std::string(8 * 1024 - 14, 'a') + " HTTP/1.1")},
                    Good{"escapes in the query", line("GET /a?b=%00%0d%0a HTTP/1.1")},
                    Good{"percent signs", line("GET /a%20b?c=%zz HTTP/1.1")},
                    Good{"underscore name", with("X_A: b\r\n")}),
    [](const auto& one) { return "Case" + std::to_string(one.index); });

TEST(RequestParser, TakesFramingOutOfTheFields) {
    const auto head = parse_request(with("A: 1\r\nContent-Length: 12\r\nB: 2\r\n"), {});

    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->framing, http::Framing::length);
    EXPECT_EQ(head->length, 12U);
    EXPECT_EQ(head->authority, "a");
    ASSERT_EQ(head->fields.size(), 2U);
    EXPECT_EQ(head->fields[0].name, "A");
    EXPECT_EQ(head->fields[1].value, "2");
}

TEST(RequestParser, SplitsTheAbsoluteForm) {
    const auto head = parse_request("GET http://h:81?q HTTP/1.1\r\nHost: h:81\r\n\r\n", {});

    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->authority, "h:81");
    EXPECT_EQ(head->target, "/?q");
}

TEST(RequestParser, ReadsAUrlWithoutPathForOptionsAsAsterisk) {
    const std::string host_line = " HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(parse_request("OPTIONS http://h" + host_line, {})->target, "*");
    EXPECT_EQ(parse_request("OPTIONS http://h/" + host_line, {})->target, "/");
    EXPECT_EQ(parse_request("GET http://h" + host_line, {})->target, "/");
}

TEST(RequestParser, TakesEachLimitAtItsBoundAndNotOnePast) {
    const auto verdict = [](const std::string& text, const HeadLimits& limits) {
        const auto parsed = parse_in_two(text, text.size(), limits);
        return parsed ? std::string_view{"ok"} : name(parsed.error().code());
    };
    const std::string text = with("X-Abc: 12345\r\n");  // 21 + 9 + 14 + 2 bytes
    const std::size_t request_line = text.find('\r');

    EXPECT_EQ(verdict(text, {.head = text.size()}), "ok");
    EXPECT_EQ(verdict(text, {.head = text.size() - 1}), "head_too_large");
    EXPECT_EQ(verdict(text, {.request_line = request_line}), "ok");
    EXPECT_EQ(verdict(text, {.request_line = request_line - 1}), "request_line_too_long");
    EXPECT_EQ(verdict(text, {.fields = 2}), "ok");
    EXPECT_EQ(verdict(text, {.fields = 1}), "head_too_large");
    EXPECT_EQ(verdict(text, {.field = 12}), "ok");
    EXPECT_EQ(verdict(text, {.field = 11}), "head_too_large");
    EXPECT_EQ(verdict(text, {.name = 5}), "ok");
    EXPECT_EQ(verdict(text, {.name = 4}), "head_too_large");
}

TEST(RequestParser, RefusesAnEndlessHeadAtItsLimit) {
    const HeadLimits limits{.head = 64, .request_line = 32};
    const std::string start = "GET / HTTP/1.1\r\nX: ";

    EXPECT_TRUE(check_partial_request(std::string(33, 'a'), limits).has_value());
    EXPECT_EQ(check_partial_request(std::string(34, 'a'), limits).error().code(),
              ErrorCode::request_line_too_long);
    EXPECT_TRUE(check_partial_request(start + std::string(64 - start.size(), 'a'), limits));
    EXPECT_EQ(
        check_partial_request(start + std::string(65 - start.size(), 'a'), limits).error().code(),
        ErrorCode::head_too_large);
}

TEST(RequestParser, KnowsWhetherTheConnectionStays) {
    EXPECT_TRUE(parse_request(host("a"), {})->keep_alive);
    EXPECT_FALSE(parse_request(with("Connection: x, Close\r\n"), {})->keep_alive);
    EXPECT_FALSE(parse_request("GET / HTTP/1.0\r\n\r\n", {})->keep_alive);
    EXPECT_TRUE(parse_request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", {})->keep_alive);
}

TEST(RequestParser, ExpectsContinueOnlyWithABody) {
    EXPECT_TRUE(
        parse_request(with("Expect: 100-Continue\r\nContent-Length: 1\r\n"), {})->expects_continue);
    EXPECT_FALSE(parse_request(with("Expect: 100-continue\r\n"), {})->expects_continue);
    EXPECT_FALSE(parse_request("POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\n", {})
                     ->expects_continue);
}

TEST(RequestParser, FindsTheEndAcrossASplit) {
    const std::string text = host("a") + "body";
    for (std::size_t split = 0; split <= text.size(); ++split) {
        std::size_t searched = 0;
        std::size_t length = find_head_end(std::string_view{text}.substr(0, split), searched);
        if (length == 0) length = find_head_end(text, searched);
        ASSERT_EQ(length, text.size() - 4) << split;
    }
}

TEST(PeekRequestLine, TellsMethodAndPathAsFarAsTheyCame) {
    const auto peek = [](std::string_view bytes) {
        const RequestLine line = peek_request_line(bytes);
        return std::string{line.method} + "|" + std::string{line.path};
    };

    EXPECT_EQ(peek("GET /a?b HTTP/1.1\r\nX: 1\r\n"), "GET|/a");
    EXPECT_EQ(peek("POST /v1/mess"), "POST|/v1/mess");
    EXPECT_EQ(peek("GET  /a"), "GET|");
    EXPECT_EQ(peek("GET http://a/b HTTP/1.1"), "GET|");
    EXPECT_EQ(peek("GET /a\"b HTTP/1.1"), "GET|");
    EXPECT_EQ(peek("G(T /a HTTP/1.1"), "|");
    EXPECT_EQ(peek(std::string(32, 'A') + " /a"), std::string(32, 'A') + "|/a");
    EXPECT_EQ(peek(std::string(33, 'A') + " /a"), "|");
    EXPECT_EQ(peek("GET"), "|");
    EXPECT_EQ(peek(""), "|");
}

}  // namespace
}  // namespace penstock::h1
