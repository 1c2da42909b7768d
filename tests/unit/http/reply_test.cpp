#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include "penstock/http/reply.h"
#include "tests/support/fake_server_stream.h"

namespace penstock::http {
namespace {

using nlohmann::json;
using support::Ending;
using support::FakeServerStream;

ErrorCode nth(std::size_t index) {
    return static_cast<ErrorCode>(index);
}

TEST(ErrorTable, GivesEachCodeItsStatus) {
    const std::map<ErrorCode, int> expected{
        {ErrorCode::bad_request, 400},
        {ErrorCode::request_line_too_long, 414},
        {ErrorCode::head_too_large, 431},
        {ErrorCode::body_too_large, 413},
        {ErrorCode::head_timeout, 408},
        {ErrorCode::body_timeout, 408},
        {ErrorCode::unsupported_transfer_encoding, 501},
        {ErrorCode::unsupported_version, 505},
        {ErrorCode::unsupported_method, 501},
        {ErrorCode::expectation_failed, 417},
        {ErrorCode::not_found, 404},
        {ErrorCode::unauthorized, 401},
        {ErrorCode::model_required, 400},
        {ErrorCode::model_not_found, 404},
        {ErrorCode::client_gone, 499},
        {ErrorCode::client_write_stall, 499},
        {ErrorCode::buffer_budget_spent, 503},
        {ErrorCode::too_many_requests, 429},
        {ErrorCode::models_not_listed_yet, 503},
        {ErrorCode::no_healthy_backend, 503},
        {ErrorCode::shutting_down, 503},
        {ErrorCode::internal, 500},
        {ErrorCode::connect_failed, 502},
        {ErrorCode::connect_timeout, 504},
        {ErrorCode::upstream_closed, 502},
        {ErrorCode::upstream_reused_closed, 502},
        {ErrorCode::upstream_bad_response, 502},
        {ErrorCode::engine_loading, 503},
        {ErrorCode::engine_error, 502},
        {ErrorCode::first_byte_timeout, 504},
        {ErrorCode::idle_timeout, 504},
        {ErrorCode::total_timeout, 504},
        {ErrorCode::tls_handshake_failed, 502},
        {ErrorCode::tls_verification_failed, 502},
        {ErrorCode::invalid_value, 500},
        {ErrorCode::io_failed, 500},
    };

    ASSERT_EQ(expected.size(), k_error_codes);
    for (const auto& [code, status] : expected) EXPECT_EQ(status_of(code), status) << name(code);
}

TEST(ErrorTable, HasASentenceForEachCode) {
    for (std::size_t i = 0; i < k_error_codes; ++i) {
        EXPECT_GT(message_of(nth(i)).size(), 10U) << name(nth(i));
        EXPECT_TRUE(message_of(nth(i)).ends_with('.')) << name(nth(i));
    }
}

TEST(ErrorTable, HasADifferentNameForEachCode) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < k_error_codes; ++i) names.insert(name(nth(i)));
    EXPECT_EQ(names.size(), k_error_codes);
    EXPECT_FALSE(names.contains(""));
}

TEST(ErrorTable, KnowsAPhraseForEveryStatusItSends) {
    for (std::size_t i = 0; i < k_error_codes; ++i) {
        const int status = status_of(nth(i));
        if (status == 499) continue;  // never sent
        EXPECT_NE(reason_phrase(status), "") << status;
    }
    EXPECT_EQ(reason_phrase(799), "");
}

TEST(ErrorJson, HasTheShapeOfOpenAi) {
    const Error error{ErrorCode::model_not_found, "no \"x\" here"};

    const json document = json::parse(error_json(error, ApiShape::openai));

    EXPECT_EQ(document, json::parse(R"({"error":{"message":"No \"x\" here.",
        "type":"invalid_request_error","param":null,"code":"model_not_found"}})"));
}

TEST(MessageForClient, IsASentence) {
    const auto told = [](std::string detail) {
        return message_for_client(Error{ErrorCode::bad_request, std::move(detail)});
    };

    EXPECT_EQ(told("the path is odd"), "The path is odd.");
    EXPECT_EQ(told("Done."), "Done.");
    EXPECT_EQ(told("did you mean x?"), "Did you mean x?");
    EXPECT_EQ(told("\"x\" is odd"), "\"x\" is odd.");
    EXPECT_EQ(told(""), message_of(ErrorCode::bad_request));
}

TEST(MessageForClient, KeepsToItselfWhatAilsABackend) {
    for (const ErrorCode code : {ErrorCode::connect_failed, ErrorCode::tls_verification_failed}) {
        EXPECT_EQ(message_for_client(Error{code, "cannot resolve gpu-7.internal"}),
                  message_of(code));
    }
    EXPECT_EQ(message_for_client(Error{ErrorCode::total_timeout, "too long"}), "Too long.");
}

TEST(ErrorJson, HasTheShapeOfAnthropic) {
    const json document =
        json::parse(error_json(ErrorCode::no_healthy_backend, ApiShape::anthropic));

    EXPECT_EQ(document["type"], "error");
    EXPECT_EQ(document["error"]["type"], "overloaded_error");
    EXPECT_EQ(document["error"]["message"], message_of(ErrorCode::no_healthy_backend));
    EXPECT_EQ(document.size(), 2U);
}

TEST(ErrorJson, GivesAnthropicATypeForEveryCode) {
    const std::map<int, std::string> types{{400, "invalid_request_error"},
                                           {401, "authentication_error"},
                                           {404, "not_found_error"},
                                           {413, "request_too_large"},
                                           {429, "rate_limit_error"},
                                           {500, "api_error"},
                                           {502, "api_error"},
                                           {503, "overloaded_error"},
                                           {504, "api_error"}};
    for (std::size_t i = 0; i < k_error_codes; ++i) {
        const json document = json::parse(error_json(nth(i), ApiShape::anthropic));
        const auto expected = types.find(status_of(nth(i)));
        EXPECT_EQ(document["error"]["type"],
                  expected == types.end()
                      ? status_of(nth(i)) < 500 ? "invalid_request_error" : "api_error"
                      : expected->second)
            << name(nth(i));
    }
}

RC_GTEST_PROP(ErrorJson, IsValidWhateverBytesTheDetailHolds, (const std::string& detail)) {
    for (const ApiShape shape : {ApiShape::openai, ApiShape::anthropic}) {
        const std::string text = error_json(Error{ErrorCode::bad_request, detail}, shape);
        RC_ASSERT(json::accept(text));
        const std::string event = error_event(Error{ErrorCode::bad_request, detail}, shape);
        const std::size_t line_ends = shape == ApiShape::anthropic ? 3 : 2;
        RC_ASSERT(static_cast<std::size_t>(std::count(event.begin(), event.end(), '\n')) ==
                  line_ends);
        RC_ASSERT(event.find('\r') == std::string::npos);
    }
}

TEST(ErrorEvent, IsOneEvent) {
    const Error error{ErrorCode::upstream_closed};

    EXPECT_EQ(error_event(error, ApiShape::openai),
              "data: " + error_json(error, ApiShape::openai) + "\n\n");
    EXPECT_EQ(error_event(error, ApiShape::anthropic),
              "event: error\ndata: " + error_json(error, ApiShape::anthropic) + "\n\n");
}

TEST(ApiShapeOf, IsAnthropicForMessagesAndBelow) {
    EXPECT_EQ(api_shape("/v1/messages"), ApiShape::anthropic);
    EXPECT_EQ(api_shape("/v1/messages/count_tokens"), ApiShape::anthropic);
    EXPECT_EQ(api_shape("/v1/messagesx"), ApiShape::openai);
    EXPECT_EQ(api_shape("/v1/message"), ApiShape::openai);
    EXPECT_EQ(api_shape("/v1/chat/completions"), ApiShape::openai);
    EXPECT_EQ(api_shape(""), ApiShape::openai);
}

TEST(ErrorHead, AsksToRetryWhenThatHelps) {
    for (std::size_t i = 0; i < k_error_codes; ++i) {
        const int status = status_of(nth(i));
        const ResponseHead head = error_head(nth(i), 0);
        EXPECT_EQ(head.fields.find(FieldName::retry_after).has_value(),
                  status == 503 || status == 429)
            << name(nth(i));
    }
    EXPECT_EQ(error_head(ErrorCode::shutting_down, 0).fields.find(FieldName::retry_after), "1");
}

TEST(ErrorHead, NamesTheSchemeThatIsMissing) {
    EXPECT_EQ(error_head(ErrorCode::unauthorized, 0).fields.find("WWW-Authenticate"), "Bearer");
    EXPECT_EQ(error_head(ErrorCode::bad_request, 0).fields.find("WWW-Authenticate"), std::nullopt);
}

TEST(ErrorHead, FramesTheBody) {
    const ResponseHead head = error_head(ErrorCode::internal, 42);

    EXPECT_EQ(head.framing, Framing::length);
    EXPECT_EQ(head.length, 42U);
    EXPECT_EQ(head.fields.find(FieldName::content_type), "application/json");
}

TEST(Reply, SendsHeadAndBodyWholeAndFinishes) {
    FakeServerStream stream{support::get("/")};

    reply(stream, 200, "text/plain", "hello");

    EXPECT_EQ(stream.response().status, 200);
    EXPECT_EQ(stream.response().framing, Framing::length);
    EXPECT_EQ(stream.response().length, 5U);
    EXPECT_EQ(stream.response().fields.find(FieldName::content_type), "text/plain");
    EXPECT_EQ(stream.body(), "hello");
    EXPECT_EQ(stream.ending(), Ending::finished);
}

TEST(Reply, AnnouncesAnEmptyBody) {
    FakeServerStream stream{support::get("/")};

    reply(stream, 200, "text/plain", "");

    EXPECT_EQ(stream.response().length, 0U);
    EXPECT_TRUE(stream.response().has_length);
    EXPECT_EQ(stream.writes(), 0);
}

TEST(Reply, AnnouncesTheLengthOfAHeadAnswerWithoutSendingIt) {
    FakeServerStream stream{support::request(Method::head, "/")};

    reply(stream, 200, "text/plain", "hello");

    EXPECT_EQ(stream.response().length, 5U);
    EXPECT_TRUE(stream.response().has_length);
    EXPECT_EQ(stream.body(), "");
}

TEST(Reply, AnnouncesNoLengthWhereNoneMayBe) {
    for (const int status : {204, 304}) {
        FakeServerStream stream{support::get("/")};
        ResponseHead head;
        head.status = status;

        reply(stream, std::move(head), "");

        EXPECT_EQ(stream.response().framing, Framing::none) << status;
        EXPECT_FALSE(stream.response().has_length) << status;
    }
}

}  // namespace
}  // namespace penstock::http
