#include "penstock/routing/prefix_homes.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "penstock/base/rng.h"

namespace penstock::routing {
namespace {

std::vector<std::uint64_t> chain(std::uint64_t seed, std::size_t blocks) {
    Rng rng{seed};
    std::vector<std::uint64_t> made(blocks);
    for (std::uint64_t& block : made) block = rng.next();
    return made;
}

std::span<const std::uint64_t> first(const std::vector<std::uint64_t>& whole, std::size_t blocks) {
    return std::span{whole}.first(blocks);
}

class PrefixHomesTest : public testing::Test {
protected:
    PrefixHomes homes{42};
    std::vector<std::uint64_t> prompt = chain(1, 100);
};

TEST_F(PrefixHomesTest, AnUnknownPromptHasNoHome) {
    homes.remember(3, chain(2, 100));

    EXPECT_EQ(homes.find(prompt).blocks, 0U);
    EXPECT_EQ(homes.find({}).blocks, 0U);
}

TEST_F(PrefixHomesTest, TheHomeIsWhereTheLongestKnownBeginningWent) {
    homes.remember(3, first(prompt, 70));
    homes.remember(4000, first(prompt, 10));

    const PrefixHomes::Home home = homes.find(prompt);

    EXPECT_EQ(home.slot, 3U);
    EXPECT_EQ(home.blocks, 70U);
    EXPECT_EQ(homes.find(first(prompt, 9)).slot, 4000U);
}

TEST_F(PrefixHomesTest, TheLastOfTwoIsTheHome) {
    homes.remember(3, prompt);
    homes.remember(5, prompt);

    EXPECT_EQ(homes.find(prompt).slot, 5U);
}

TEST_F(PrefixHomesTest, ARestartedBackendIsNobodysHome) {
    homes.remember(3, prompt);
    homes.remember(5, chain(2, 10));

    homes.forget(3);

    EXPECT_EQ(homes.find(prompt).blocks, 0U);
    EXPECT_EQ(homes.find(chain(2, 10)).slot, 5U);
    homes.remember(3, prompt);
    EXPECT_EQ(homes.find(prompt).blocks, 100U);
}

TEST_F(PrefixHomesTest, NewerPromptsOverwriteOlderOnes) {
    homes.remember(1, prompt);

    homes.remember(2, chain(3, 8 * PrefixHomes::k_entries));

    EXPECT_LE(homes.find(prompt).blocks, 1U);
}

TEST_F(PrefixHomesTest, MostOfHalfAsMuchAsItHasRoomForIsFound) {
    constexpr std::size_t k_prompts = PrefixHomes::k_entries / 2 / 64;
    for (std::size_t i = 0; i < k_prompts; ++i) homes.remember(7, chain(100 + i, 64));

    std::size_t found = 0;
    for (std::size_t i = 0; i < k_prompts; ++i) found += homes.find(chain(100 + i, 64)).blocks;

    EXPECT_GE(found, k_prompts * 64 / 2);
}

TEST_F(PrefixHomesTest, BlocksThatAreGoneFromTheirHomeHaveNone) {
    homes.remember(3, prompt);

    homes.forget(3, std::span<const std::uint64_t>{prompt}.subspan(60));

    EXPECT_EQ(homes.find(prompt).blocks, 60U);
}

TEST_F(PrefixHomesTest, AnotherBackendsEvictionChangesNoHome) {
    homes.remember(3, prompt);

    homes.forget(4, prompt);

    EXPECT_EQ(homes.find(prompt).blocks, 100U);
}

}  // namespace
}  // namespace penstock::routing
