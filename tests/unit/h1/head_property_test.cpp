// Properties of the head parsers over random heads, most of them with a fault.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/h1/parser.h"
#include "penstock/h1/writer.h"
#include "tests/support/parsed_head.h"
#include "tests/support/split_verdict.h"

namespace penstock::h1 {
namespace {

std::string_view verdict(const Result<http::RequestHead>& parsed) {
    return parsed ? std::string_view{"ok"} : name(parsed.error().code());
}

std::string some_line() {
    return *rc::gen::element<std::string>(
        "Host: a", "host: b:80", "Content-Length: 5", "Content-Length: x", "X-A: b", "X-A:\tb \t",
        "X-A : b", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue",
        "Connection: close, X-A", " folded", "no colon", "X: \x01", "X: a\rb", "X: \xe4",
        "Long: " + std::string(60, 'l'), ": empty", "");
}

/// A head that is right in most of its parts.
std::string some_head() {
    std::string text = *rc::gen::weightedElement<std::string>({{6, "POST /v1/x?y=z HTTP/1.1"},
                                                               {2, "GET http://a/b HTTP/1.1"},
                                                               {1, "GET / HTTP/1.0"},
                                                               {1, "BREW / HTTP/1.1"},
                                                               {1, "GET / HTTP/2.0"},
                                                               {1, "GET /a b HTTP/1.1"},
                                                               {1, "GET /%00 HTTP/1.1"}});
    const auto end = [] {
        return *rc::gen::weightedElement<std::string>({{20, "\r\n"}, {1, "\n"}, {1, "\r"}});
    };
    text += end();
    for (int lines = *rc::gen::inRange(0, 9); lines > 0; --lines) text += some_line() + end();
    return text + "\r\n\r\n";
}

/// A head without fault.
std::string good_head() {
    std::string text = *rc::gen::element<std::string>(
        "POST /v1/x?y=z HTTP/1.1\r\nHost: a\r\n", "GET http://A/b HTTP/1.1\r\nhost:a\r\n",
        "OPTIONS * HTTP/1.1\r\nHOST: [::1]:80 \r\n", "DELETE /?%00 HTTP/1.0\r\nHost: a:\r\n");
    const bool old = text.find("1.0") != std::string::npos;
    for (int lines = *rc::gen::inRange(0, 9); lines > 0; --lines) {
        text += *rc::gen::element<std::string>("X-A: b", "x-a:\tc \t", "X-A:", "Via: 1.1 p",
                                               "Connection: close, X-A", "X: \xe4\tb", "!#$: :") +
                "\r\n";
    }
    text += *rc::gen::element<std::string>(
        "", "Content-Length: 005\r\n", "Content-Length: 123456789012345678\r\n",
        old ? "" : "Transfer-Encoding: Chunked\r\n", old ? "" : "Expect: 100-continue\r\n");
    return text + "\r\n";
}

// Small enough to be met.
constexpr HeadLimits k_limits{
    .head = 220, .request_line = 40, .fields = 5, .field = 50, .name = 20};

RC_GTEST_PROP(HeadProperty, RequestsAreJudgedAlikeHoweverSplit, ()) {
    const std::string text = some_head();
    const HeadLimits limits = *rc::gen::arbitrary<bool>() ? k_limits : HeadLimits{};
    const std::string_view whole = verdict(parse_in_two(text, text.size(), limits));

    for (std::size_t split = 0; split < text.size(); ++split) {
        RC_ASSERT(verdict(parse_in_two(text, split, limits)) == whole);
    }
}

RC_GTEST_PROP(HeadProperty, AnAcceptedRequestIsWrittenAsOneThatMeansTheSame, ()) {
    const Result<http::RequestHead> first = parse_request(good_head(), {});
    RC_ASSERT(first.has_value());

    std::string written;
    write_request(*first, written);
    const Result<http::RequestHead> second = parse_request(written, {});

    RC_ASSERT(second.has_value());
    RC_ASSERT(second->target == first->target);
    RC_ASSERT(second->authority == first->authority);
    RC_ASSERT(second->framing == first->framing);
    RC_ASSERT(second->length == first->length);
    RC_ASSERT(second->fields.size() == first->fields.size());
    for (std::size_t i = 0; i < first->fields.size(); ++i) {
        RC_ASSERT(second->fields[i].id == first->fields[i].id);
        RC_ASSERT(second->fields[i].name == first->fields[i].name);
        RC_ASSERT(second->fields[i].value == first->fields[i].value);
    }
}

RC_GTEST_PROP(HeadProperty, WritersPutNoLineInThatWasNotAsked,
              (const std::string& name, const std::string& value, const std::string& target)) {
    http::RequestHead request;
    request.target = target;
    request.authority = value;
    request.fields.append(http::FieldName::other, name, value);
    http::ResponseHead response;
    response.reason = value;
    response.fields.append(http::FieldName::other, name, value);
    std::string requested;
    std::string responded;

    write_request(request, requested);
    write_response(response, http::Framing::none, ConnectionField::none, responded);

    const std::size_t most = http::valid_name(name) && http::valid_value(value) ? 1 : 0;
    const auto lines = [](const std::string& text) {
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    };
    RC_ASSERT(lines(requested) == 3 + most);
    RC_ASSERT(lines(responded) == 2 + most);
    RC_ASSERT(requested.find('\0') == std::string::npos);
    RC_ASSERT(responded.find('\0') == std::string::npos);
}

}  // namespace
}  // namespace penstock::h1
