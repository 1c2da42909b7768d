#include <gtest/gtest.h>

#include "penstock/base/hash.h"
#include "sheets.h"

namespace penstock::routing {
namespace {

constexpr std::uint64_t k_keys = 2000;

/// Which backend (by identity) each of many prompts goes to.
std::vector<std::uint64_t> placement(const std::vector<fleet::SheetRow>& sheet,
                                     std::uint64_t seed) {
    const auto policy = test::policy(PolicyName::prefix_hash);
    Rng rng{seed};
    std::vector<std::uint64_t> out;
    for (std::uint64_t key = 0; key < k_keys; ++key) {
        const std::uint64_t block = hash64("prompt", key);
        const Decision decision = policy->decide({.blocks = {&block, 1}}, sheet, rng);
        out.push_back(sheet[decision.row].identity);
    }
    return out;
}

TEST(PrefixHash, AgreesAcrossProxies) {
    const auto sheet = test::idle_sheet(8);
    auto reversed = sheet;
    std::reverse(reversed.begin(), reversed.end());

    EXPECT_EQ(placement(sheet, 1), placement(reversed, 99));
}

TEST(PrefixHash, MovesOnlyWhatTheLeavingBackendHad) {
    auto sheet = test::idle_sheet(8);
    const auto before = placement(sheet, 1);
    const std::uint64_t gone = sheet[3].identity;
    sheet[3].unfit = fleet::k_unhealthy;

    const auto after = placement(sheet, 1);

    for (std::size_t i = 0; i < k_keys; ++i) {
        if (before[i] != gone)
            ASSERT_EQ(before[i], after[i]);
        else
            ASSERT_NE(after[i], gone);
    }
}

TEST(PrefixHash, SpreadsPromptsByWeight) {
    auto sheet = test::idle_sheet(4);
    sheet[2].weight = 3;

    const auto where = placement(sheet, 1);

    const auto share = std::count(where.begin(), where.end(), sheet[2].identity);
    EXPECT_NEAR(static_cast<double>(share), k_keys / 2.0, 120);
}

TEST(PrefixHash, PrefersTheSessionToThePrompt) {
    const auto sheet = test::idle_sheet(8);
    const auto policy = test::policy(PolicyName::prefix_hash);
    Rng rng{1};
    const std::uint64_t a = 1;
    const std::uint64_t b = 2;

    for (std::uint64_t session = 1; session < 50; ++session) {
        EXPECT_EQ(policy->decide({.blocks = {&a, 1}, .session = session}, sheet, rng).row,
                  policy->decide({.blocks = {&b, 1}, .session = session}, sheet, rng).row);
    }
}

TEST(PrefixHash, KeepsTheTurnsOfOneConversationTogether) {
    const auto sheet = test::idle_sheet(8);
    const auto policy = test::policy(PolicyName::prefix_hash);
    Rng rng{1};
    std::vector<std::uint64_t> blocks{1, 2, 3, 4};
    const auto first = policy->decide({.blocks = blocks}, sheet, rng).row;

    blocks.insert(blocks.end(), {5, 6, 7});

    EXPECT_EQ(policy->decide({.blocks = blocks}, sheet, rng).row, first);
}

TEST(PrefixHash, HoldsTheBoundWhenOnePromptFloods) {
    constexpr std::uint32_t k_requests = 400;
    auto sheet = test::idle_sheet(4);
    const auto policy = test::policy(PolicyName::prefix_hash);
    Rng rng{1};
    const std::uint64_t block = 7;

    for (std::uint32_t i = 0; i < k_requests; ++i) {
        const Decision decision = policy->decide({.blocks = {&block, 1}}, sheet, rng);
        sheet[decision.row].in_flight += 1;
        sheet[decision.row].running += 1;
    }

    for (const auto& row : sheet) EXPECT_LE(row.in_flight, 1.25 * k_requests / 4 + 2);
}

TEST(PrefixHash, ChoosesByLoadWithoutAPromptOrSession) {
    auto sheet = test::idle_sheet(3);
    sheet[0].running = sheet[2].running = 2;
    Rng rng{1};

    const Decision decision = test::policy(PolicyName::prefix_hash)->decide({}, sheet, rng);

    EXPECT_EQ(decision.row, 1U);
    EXPECT_EQ(decision.reason, Reason::load);
}

}  // namespace
}  // namespace penstock::routing
