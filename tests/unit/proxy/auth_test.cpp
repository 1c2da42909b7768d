#include "penstock/proxy/auth.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::proxy {
namespace {

// printf %s secret | sha256sum
constexpr std::string_view k_secret_hash =
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

http::RequestHead head_with(std::string_view name, std::string_view value) {
    http::RequestHead head;
    head.fields.append(name, value);
    return head;
}

ApiKeys keys_of(std::string text) {
    Result<ApiKeys> keys = ApiKeys::parse(text);
    EXPECT_TRUE(keys.has_value());
    return keys ? *keys : ApiKeys{};
}

TEST(Auth, ApiKeys_AreOffUntilAFileIsRead) {
    EXPECT_TRUE(ApiKeys{}.off());
    EXPECT_FALSE(keys_of("").off());
}

TEST(Auth, ApiKeys_AnEmptyFileAdmitsNobody) {
    EXPECT_FALSE(keys_of("\n").holder(head_with("Authorization", "Bearer secret")));
}

TEST(Auth, ApiKeys_AdmitsAKnownKeyAsBearerOrXApiKey) {
    const ApiKeys keys = keys_of(std::string{k_secret_hash} + "\n");

    EXPECT_TRUE(keys.holder(head_with("Authorization", "Bearer secret")));
    EXPECT_TRUE(keys.holder(head_with("authorization", "bearer   secret")));
    EXPECT_TRUE(keys.holder(head_with("x-api-key", "secret")));
}

TEST(Auth, ApiKeys_RefusesOtherKeysAndOtherSchemes) {
    const ApiKeys keys = keys_of(std::string{k_secret_hash});

    EXPECT_FALSE(keys.holder(head_with("Authorization", "Bearer secret2")));
    EXPECT_FALSE(keys.holder(head_with("Authorization", "Basic secret")));
    EXPECT_FALSE(keys.holder(head_with("Authorization", "Bearer ")));
    EXPECT_FALSE(keys.holder(head_with("Authorization", "secret")));
    EXPECT_FALSE(keys.holder(http::RequestHead{}));
}

TEST(Auth, ApiKeys_ReadsNamesCommentsBlankLinesAndCarriageReturns) {
    const ApiKeys keys = keys_of("# the team's keys\r\n\r\n  " + std::string{k_secret_hash} +
                                 "  alice # since May\r\n");

    EXPECT_EQ(keys.holder(head_with("x-api-key", "secret")), "alice");
}

TEST(Auth, ApiKeys_TellsWhoseAKeyIs) {
    const std::string hash{k_secret_hash};
    const http::RequestHead secret = head_with("x-api-key", "secret");

    EXPECT_EQ(keys_of(hash + "\tteam blue \r\n").holder(secret), "team blue");
    EXPECT_EQ(keys_of(hash).holder(secret), "");
    EXPECT_EQ(keys_of(hash + " " + std::string(300, 'x')).holder(secret), std::string(256, 'x'));
    EXPECT_FALSE(keys_of(hash + " alice").holder(head_with("x-api-key", "other")));
}

TEST(Auth, ApiKeys_TellsTheLineThatIsNoHash) {
    const std::string good{k_secret_hash};
    for (const std::string& bad : {good.substr(1), good + "0", "x" + good.substr(1)}) {
        const Result<ApiKeys> keys = ApiKeys::parse(good + "\n" + bad + "\n");

        ASSERT_FALSE(keys.has_value());
        EXPECT_EQ(keys.error().code(), ErrorCode::invalid_value);
        EXPECT_NE(keys.error().detail().find("line 2"), std::string_view::npos);
    }
}

}  // namespace
}  // namespace penstock::proxy
