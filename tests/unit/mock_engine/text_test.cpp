#include "text.h"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "json_text.h"

namespace penstock::mock_engine {
namespace {

std::string answer(std::uint64_t seed, std::string_view prompt, std::uint32_t tokens) {
    const Text text{seed, prompt};
    std::string all;
    for (std::uint32_t i = 0; i < tokens; ++i) all += text.token(i).plain;
    return all;
}

// The published vectors of FNV-1a.
TEST(Text, PromptHash_IsFnv1a) {
    EXPECT_EQ(prompt_hash(""), 0xCBF29CE484222325U);
    EXPECT_EQ(prompt_hash("a"), 0xAF63DC4C8601EC8CU);
    EXPECT_EQ(prompt_hash("foobar"), 0x85944171F73967E8U);
}

// Computed from the rule in mock_engine.h by other code.
TEST(Text, Text_FollowsTheRuleThatTheHeaderTells) {
    EXPECT_EQ(answer(1, "Hello", 8), "on snow привет &amp; and \"yes\" with where");
    EXPECT_EQ(answer(2, "Hello", 8), "answer small lanterns old window lanterns don't small");
}

TEST(Text, Text_TokensAfterTheFirstBeginWithASpace) {
    const Text text{1, "prompt"};

    EXPECT_FALSE(text.token(0).plain.starts_with(" "));
    for (std::uint32_t i = 1; i < 100; ++i) EXPECT_TRUE(text.token(i).plain.starts_with(" "));
}

TEST(Text, Text_UsesEveryWord) {
    const Text text{1, "prompt"};
    std::set<std::string_view> seen;

    for (std::uint32_t i = 1; i < 2'000; ++i) seen.insert(text.token(i).plain);

    EXPECT_EQ(seen.size(), 64U);
}

TEST(Text, Text_TheEscapedFormIsTheSameTextInJson) {
    const Text text{1, "prompt"};
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        const Text::Token token = text.token(i);
        const std::string json = "\"" + std::string{token.escaped} + "\"";
        ASSERT_EQ(Json::parse(json).get<std::string>(), token.plain);
    }
}

TEST(Text, CountTokens_RoundsUpAndIsAtLeastOne) {
    EXPECT_EQ(count_tokens(""), 1U);
    EXPECT_EQ(count_tokens("a"), 1U);
    EXPECT_EQ(count_tokens("four"), 1U);
    EXPECT_EQ(count_tokens("fiver"), 2U);
}

TEST(Text, TokenIds_HasOneForEachFourBytesBegun) {
    EXPECT_EQ(token_ids("").size(), 0U);
    EXPECT_EQ(token_ids("four").size(), 1U);
    EXPECT_EQ(token_ids("fiver").size(), 2U);
    EXPECT_EQ(token_ids("fourfour")[0], token_ids("four")[0]);
}

TEST(Text, BlockChain_HasFullBlocksOnly) {
    EXPECT_EQ(block_chain(std::string(63, 'x'), 16, 0).size(), 0U);
    EXPECT_EQ(block_chain(std::string(64, 'x'), 16, 0).size(), 1U);
    EXPECT_EQ(block_chain(std::string(127, 'x'), 16, 0).size(), 1U);
    EXPECT_EQ(block_chain(std::string(128, 'x'), 16, 0).size(), 2U);
}

TEST(Text, BlockChain_DependsOnEverythingBefore) {
    const auto one = block_chain(std::string(64, 'a') + std::string(64, 'x'), 16, 0);
    const auto other = block_chain(std::string(64, 'b') + std::string(64, 'x'), 16, 0);

    EXPECT_NE(one[0], other[0]);
    EXPECT_NE(one[1], other[1]);
    EXPECT_NE(one[0], one[1]);
}

TEST(Text, BlockChain_IsSeparatedBySeed) {
    const std::string prompt(64, 'x');

    EXPECT_NE(block_chain(prompt, 16, 0), block_chain(prompt, 16, 1));
}

RC_GTEST_PROP(TextProperties, BlockChain_CommonPrefixesHaveCommonBlocks,
              (const std::string& common, const std::string& one, const std::string& other)) {
    const auto shared = block_chain(common, 1, 7);
    const auto first = block_chain(common + one, 1, 7);
    const auto second = block_chain(common + other, 1, 7);

    RC_ASSERT(first.size() >= shared.size() && second.size() >= shared.size());
    for (std::size_t i = 0; i < shared.size(); ++i) {
        RC_ASSERT(first[i] == shared[i]);
        RC_ASSERT(second[i] == shared[i]);
    }
}

}  // namespace
}  // namespace penstock::mock_engine
