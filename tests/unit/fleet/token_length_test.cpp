#include "penstock/fleet/token_length.h"

#include <limits>

#include <gtest/gtest.h>

namespace penstock::fleet {

namespace {

constexpr std::uint64_t k_enough = TokenLength::k_tokens_least;

/// One backend and the prompts it has served.
struct Served {
    void prompt(std::uint64_t bytes, std::uint64_t tokens) { sums.add(3, bytes, tokens); }
    bool learn() { return length.learn(sums.of(3)); }
    PromptSums sums;
    TokenLength length{{}};
};

TEST(TokenLength, IsTheUsualOneUntilEnoughIsKnown) {
    Served served;
    served.prompt(2 * (k_enough - 1), k_enough - 1);

    EXPECT_FALSE(served.learn());
    EXPECT_EQ(served.length.bytes(), TokenLength::k_usual);

    served.prompt(2, 1);
    EXPECT_TRUE(served.learn());
    EXPECT_EQ(served.length.bytes(), 2);
}

TEST(TokenLength, ChangesByAQuarterOrNotAtAll) {
    Served served;
    served.prompt(5 * k_enough, k_enough);
    EXPECT_FALSE(served.learn());
    EXPECT_EQ(served.length.bytes(), TokenLength::k_usual);

    for (int more = 0; more < 3; ++more) {
        served.prompt(6 * k_enough, k_enough);
        if (served.learn()) break;
    }

    EXPECT_GT(served.length.bytes(), 5);
    EXPECT_LT(served.length.bytes(), 6);
}

TEST(TokenLength, CountsFromWhereItBegan) {
    PromptSums sums;
    sums.add(3, 8 * k_enough, k_enough);
    TokenLength length{sums.of(3)};

    sums.add(3, 2 * k_enough, k_enough);

    EXPECT_TRUE(length.learn(sums.of(3)));
    EXPECT_EQ(length.bytes(), 2);
}

TEST(TokenLength, BelievesNoAbsurdPrompt) {
    Served lying;
    lying.prompt(1'000, std::numeric_limits<std::uint64_t>::max());
    lying.prompt(32'000'000, 0);

    EXPECT_EQ(lying.sums.of(3).tokens, 2'000U + 1'000'000U);
    EXPECT_TRUE(lying.learn());
    EXPECT_LE(lying.length.bytes(), 32);
}

}  // namespace

}  // namespace penstock::fleet
