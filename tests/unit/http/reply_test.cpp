#include "penstock/http/reply.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

namespace penstock::http {
namespace {

std::vector<ErrorCode> all_codes() {
    std::vector<ErrorCode> codes;
    for (std::size_t i = 0; i < k_error_codes; ++i) codes.push_back(static_cast<ErrorCode>(i));
    return codes;
}

TEST(ErrorTable, HasARowForEveryCode) {
    std::set<std::string_view> names;
    for (const ErrorCode code : all_codes()) {
        EXPECT_GE(status_of(code), 400) << name(code);
        EXPECT_LE(status_of(code), 599) << name(code);
        EXPECT_TRUE(message_of(code).ends_with('.')) << name(code);
        EXPECT_FALSE(name(code).empty());
        names.insert(name(code));
    }
    EXPECT_EQ(names.size(), k_error_codes);
}

TEST(ErrorTable, KnowsAPhraseForEveryStatusItSends) {
    for (const ErrorCode code : all_codes()) {
        if (status_of(code) == 499) continue;  // never sent
        EXPECT_FALSE(reason_phrase(status_of(code)).empty()) << name(code);
    }
    EXPECT_EQ(reason_phrase(799), "");
}

TEST(ErrorJson, HasTheShapeOfOpenAi) {
    const auto json =
        nlohmann::json::parse(error_json(ErrorCode::model_not_found, ApiShape::openai));

    const auto& error = json.at("error");
    EXPECT_EQ(error.at("message"), message_of(ErrorCode::model_not_found));
    EXPECT_EQ(error.at("type"), "invalid_request_error");
    EXPECT_TRUE(error.at("param").is_null());
    EXPECT_EQ(error.at("code"), "model_not_found");
}

TEST(ErrorJson, HasTheShapeOfAnthropic) {
    const auto json =
        nlohmann::json::parse(error_json(ErrorCode::no_healthy_backend, ApiShape::anthropic));

    EXPECT_EQ(json.at("type"), "error");
    EXPECT_EQ(json.at("error").at("type"), "overloaded_error");
    EXPECT_EQ(json.at("error").at("message"), message_of(ErrorCode::no_healthy_backend));
}

TEST(ErrorJson, PrefersTheDetailToTheGeneralSentence) {
    const Error error{ErrorCode::connect_failed, "Connection refused"};

    const auto json = nlohmann::json::parse(error_json(error, ApiShape::openai));

    EXPECT_EQ(json.at("error").at("message"), "Connection refused");
}

RC_GTEST_PROP(ErrorJson, IsValidWhateverTheDetailHolds, ()) {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    for (const ErrorCode code : all_codes()) {
        for (const ApiShape shape : {ApiShape::openai, ApiShape::anthropic}) {
            const Error error{code, bytes};
            RC_ASSERT(nlohmann::json::accept(error_json(error, shape)));
        }
    }
}

RC_GTEST_PROP(ErrorEvent, IsOneEventWhateverTheDetailHolds, ()) {
    const Error error{ErrorCode::upstream_closed,
                      *rc::gen::container<std::string>(rc::gen::arbitrary<char>())};
    const std::string event = error_event(error, ApiShape::openai);

    RC_ASSERT(event.starts_with("data: "));
    RC_ASSERT(event.ends_with("\n\n"));
    RC_ASSERT(event.find_first_of("\r\n") == event.size() - 2);
}

TEST(ErrorEvent, IsNamedForAnthropic) {
    const std::string event = error_event(ErrorCode::upstream_closed, ApiShape::anthropic);

    EXPECT_TRUE(event.starts_with("event: error\ndata: {"));
    EXPECT_TRUE(event.ends_with("}\n\n"));
}

TEST(ErrorHead, SaysWhenToTryAgain) {
    EXPECT_EQ(error_head(ErrorCode::no_healthy_backend, 7).fields.find(FieldName::retry_after),
              "1");
    EXPECT_EQ(error_head(ErrorCode::too_many_requests, 7).fields.find(FieldName::retry_after), "1");
    EXPECT_FALSE(error_head(ErrorCode::bad_request, 7).fields.has(FieldName::retry_after));
}

TEST(ErrorHead, AsksForAKey) {
    EXPECT_EQ(error_head(ErrorCode::unauthorized, 7).fields.find("www-authenticate"), "Bearer");
}

TEST(ErrorHead, CountsTheBody) {
    const ResponseHead head = error_head(ErrorCode::bad_request, 7);

    EXPECT_EQ(head.status, 400);
    EXPECT_EQ(head.framing, Framing::length);
    EXPECT_EQ(head.length, 7U);
}

TEST(ApiShapes, FollowThePath) {
    EXPECT_EQ(api_shape("/v1/messages"), ApiShape::anthropic);
    EXPECT_EQ(api_shape("/v1/messages/count_tokens"), ApiShape::anthropic);
    EXPECT_EQ(api_shape("/v1/messagesx"), ApiShape::openai);
    EXPECT_EQ(api_shape("/v1/chat/completions"), ApiShape::openai);
    EXPECT_EQ(api_shape(""), ApiShape::openai);
}

}  // namespace
}  // namespace penstock::http
