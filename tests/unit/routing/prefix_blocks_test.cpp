#include "penstock/routing/prefix_blocks.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/base/hash.h"

namespace penstock::routing {
namespace {

std::vector<std::uint64_t> blocks_of(std::string_view text, std::size_t block_size,
                                     std::uint64_t seed = 7) {
    std::vector<std::uint64_t> out;
    PrefixHasher{seed, block_size, out}.add(text);
    return out;
}

TEST(PrefixHasher, ChainsTheHashesOfWholeBlocks) {
    const auto blocks = blocks_of("abcdefgh!", 4);

    const std::uint64_t first = hash64("abcd", 7);
    EXPECT_EQ(blocks, (std::vector{first, hash64("efgh", first)}));
}

TEST(PrefixHasher, CountsABlockOnlyWhenItIsWhole) {
    EXPECT_EQ(blocks_of("abc", 4).size(), 0U);
    EXPECT_EQ(blocks_of("abcd", 4).size(), 1U);
    EXPECT_EQ(blocks_of("abcde", 4).size(), 1U);
}

TEST(PrefixHasher, ClearsWhatItFills) {
    std::vector<std::uint64_t> out{1, 2, 3};

    const PrefixHasher hasher{7, 4, out};

    EXPECT_TRUE(out.empty());
}

TEST(PrefixHasher, StopsAtTheBoundAndNotBefore) {
    EXPECT_EQ(blocks_of(std::string(k_blocks_max, 'x'), 1).size(), k_blocks_max);
    EXPECT_EQ(blocks_of(std::string(k_blocks_max + 1, 'x'), 1).size(), k_blocks_max);
}

TEST(PrefixHasher, StopsAtTheBoundInPiecesToo) {
    std::vector<std::uint64_t> out;
    PrefixHasher hasher{7, 2, out};

    for (std::size_t i = 0; i < 2 * k_blocks_max + 10; ++i) hasher.add("x");

    EXPECT_EQ(out, blocks_of(std::string(2 * k_blocks_max, 'x'), 2));
}

TEST(PrefixHasher, TakesABlockSizeOfZeroForOne) {
    EXPECT_EQ(blocks_of("ab", 0).size(), 2U);
}

TEST(ChainSeed, TellsModelsAndSaltsApart) {
    EXPECT_EQ(chain_seed("llama", "x"), chain_seed("llama", "x"));
    EXPECT_NE(chain_seed("llama", ""), chain_seed("qwen", ""));
    EXPECT_NE(chain_seed("llama", "x"), chain_seed("llama", "y"));
    EXPECT_NE(chain_seed("llama", "x"), chain_seed("llamax", ""));
    EXPECT_NE(chain_seed("a", "b"), chain_seed("b", "a"));
}

RC_GTEST_PROP(PrefixHasher, GivesTheSameChainHoweverTheTextIsCut, (std::string text)) {
    const auto block_size = *rc::gen::inRange<std::size_t>(1, 9);
    std::vector<std::uint64_t> out;
    PrefixHasher hasher{7, block_size, out};

    const auto cuts =
        *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 12));
    std::string_view rest = text;
    for (const std::size_t cut : cuts) {
        hasher.add(rest.substr(0, cut));
        rest.remove_prefix(std::min(cut, rest.size()));
    }
    hasher.add(rest);

    RC_ASSERT(out == blocks_of(text, block_size));
}

RC_GTEST_PROP(PrefixHasher, GivesALongerTextTheSameBeginning,
              (std::string text, std::string more)) {
    const auto shorter = blocks_of(text, 3);
    const auto longer = blocks_of(text + more, 3);

    RC_ASSERT(longer.size() >= shorter.size());
    RC_ASSERT(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

RC_GTEST_PROP(PrefixHasher, GivesOtherBlocksFromTheFirstDifferenceOn, (std::string text)) {
    RC_PRE(!text.empty());
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    std::string other = text;
    other[at] = static_cast<char>(other[at] ^ 1);
    const auto a = blocks_of(text, 2);
    const auto b = blocks_of(other, 2);

    for (std::size_t i = 0; i < a.size(); ++i) RC_ASSERT((a[i] == b[i]) == (i < at / 2));
}

}  // namespace
}  // namespace penstock::routing
