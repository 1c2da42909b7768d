#include <gtest/gtest.h>

#include "penstock/h1/writer.h"
#include "tests/support/parsed_head.h"

namespace penstock::h1 {
namespace {

TEST(Writer, WritesARequestThatParsesToTheSame) {
    http::RequestHead head;
    head.method = http::Method::post;
    head.target = "/v1/x?y";
    head.authority = "engine:8000";
    head.framing = http::Framing::length;
    head.length = 42;
    head.fields.append("X-A", "b c");
    std::string text;

    write_request(head, text);

    EXPECT_EQ(
        text,
        "POST /v1/x?y HTTP/1.1\r\nHost: engine:8000\r\nX-A: b c\r\nContent-Length: 42\r\n\r\n");
    EXPECT_TRUE(parse_request(text, {}).has_value());
}

TEST(Writer, LeavesOutWhatCouldBecomeAnotherHeader) {
    http::RequestHead head;
    head.target = "/a\r\nEvil: 1";
    head.authority = "h";
    head.fields.append(http::FieldName::other, "X-A", "b\r\nEvil: 1");
    head.fields.append(http::FieldName::other, "X B", "c");
    head.fields.append(http::FieldName::other, "X-C", std::string_view{"a\0b", 3});
    std::string text;

    write_request(head, text);

    EXPECT_EQ(text, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST(Writer, LeavesOutASecondOpinionOnTheFraming) {
    http::RequestHead request;
    request.target = "/";
    request.authority = "h";
    http::ResponseHead response;
    for (http::Fields* fields : {&request.fields, &response.fields}) {
        fields->append("content-length", "7");
        fields->append("Transfer-Encoding", "chunked");
        fields->append("host", "evil");
    }
    std::string text;

    write_request(request, text);
    write_response(response, http::Framing::none, ConnectionField::none, text);

    EXPECT_EQ(text, "GET / HTTP/1.1\r\nHost: h\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
}

TEST(Writer, WritesARootForATargetThatCannotBe) {
    for (const char* target : {"", "/a b", "/a\tb", "/a\rb", "/a\nb"}) {
        http::RequestHead head;
        head.target = target;
        head.authority = "h";
        std::string text;

        write_request(head, text);

        EXPECT_EQ(text, "GET / HTTP/1.1\r\nHost: h\r\n\r\n") << target;
    }
}

TEST(Writer, WritesNoReasonThatCannotBe) {
    http::ResponseHead head;
    head.reason = "OK\r\nEvil: 1";
    std::string text;

    write_response(head, http::Framing::none, ConnectionField::keep_alive, text);

    EXPECT_EQ(text, "HTTP/1.1 200 \r\nConnection: keep-alive\r\n\r\n");
}

TEST(Writer, AppendsToWhatIsThere) {
    std::string text = "before";
    write_response({}, http::Framing::none, ConnectionField::none, text);
    EXPECT_EQ(text, "beforeHTTP/1.1 200 OK\r\n\r\n");
}

TEST(Writer, WritesTheFramingItIsTold) {
    http::ResponseHead head;
    head.length = 3;
    std::string text;
    write_response(head, http::Framing::chunked, ConnectionField::close, text);
    EXPECT_EQ(text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
    text.clear();
    write_response(head, http::Framing::length, ConnectionField::none, text);
    EXPECT_EQ(text, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
}

TEST(Writer, KeepsTheLengthOfAHeadAnswer) {
    http::ResponseHead head;
    head.length = 3;
    head.has_length = true;
    std::string text;
    write_response(head, http::Framing::none, ConnectionField::none, text);
    EXPECT_EQ(text, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
}

}  // namespace
}  // namespace penstock::h1
