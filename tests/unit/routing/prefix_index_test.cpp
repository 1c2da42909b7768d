#include "penstock/routing/prefix_index.h"

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::routing {
namespace {

std::vector<std::uint64_t> chain(std::uint64_t first, std::size_t length) {
    std::vector<std::uint64_t> out(length);
    std::iota(out.begin(), out.end(), first);
    return out;
}

TEST(PrefixIndex, KeepsBackendsApart) {
    PrefixIndex index;
    index.insert(1, chain(100, 5));

    EXPECT_EQ(index.match(1, chain(100, 5)), 5U);
    EXPECT_EQ(index.match(2, chain(100, 5)), 0U);
}

TEST(PrefixIndex, AnswersTheSameWithASalt) {
    PrefixIndex index{0x5EED};
    index.insert(1, chain(100, 5));

    EXPECT_EQ(index.match(1, chain(100, 9)), 5U);
    EXPECT_EQ(index.match(1, chain(101, 4)), 4U);
}

TEST(PrefixIndex, UndoesAnInsertion) {
    PrefixIndex index;
    const auto added = index.insert(1, chain(100, 5));

    index.undo(added, chain(100, 5));

    EXPECT_EQ(index.match(1, chain(100, 5)), 0U);
    EXPECT_EQ(index.size(1).blocks, 0U);
}

TEST(PrefixIndex, ForgetsAFlushedBackendOnly) {
    PrefixIndex index;
    index.insert(1, chain(100, 5));
    index.insert(2, chain(100, 5));

    index.flush(1);

    EXPECT_EQ(index.match(1, chain(100, 5)), 0U);
    EXPECT_EQ(index.match(2, chain(100, 5)), 5U);
}

TEST(PrefixIndex, HoldsTheDefaultCapacityAndNotOneMore) {
    PrefixIndex index;
    index.insert(0, chain(1, PrefixIndex::k_default_blocks));
    EXPECT_EQ(index.size(0).blocks, PrefixIndex::k_default_blocks);

    index.insert(0, chain(1'000'000, 1));

    EXPECT_EQ(index.size(0).blocks, PrefixIndex::k_default_blocks);
    EXPECT_EQ(index.match(0, chain(1, PrefixIndex::k_default_blocks)),
              PrefixIndex::k_default_blocks - 1);
}

TEST(PrefixIndex, EvictsTheExcessOfASmallerCapacityAtOnce) {
    PrefixIndex index;
    index.insert(0, chain(1, 100));

    index.set_capacity(0, 10);

    EXPECT_EQ(index.size(0).blocks, 10U);
    EXPECT_EQ(index.size(0).capacity, 10U);
    EXPECT_EQ(index.match(0, chain(1, 100)), 10U);
}

TEST(PrefixIndex, ServesTheLastSlot) {
    PrefixIndex index;
    index.insert(fleet::k_slots_max - 1, chain(1, 3));

    EXPECT_EQ(index.match(fleet::k_slots_max - 1, chain(1, 3)), 3U);
}

TEST(PrefixIndex, BearsTwoThreadsOnOneBackend) {
    constexpr std::uint64_t k_rounds = 3'000;
    PrefixIndex index;
    index.set_capacity(0, 64);
    std::atomic<bool> sound{true};
    const auto work = [&](std::uint64_t offset) {
        for (std::uint64_t i = 0; i < k_rounds; ++i) {
            const auto blocks = chain(i % 7 * 1000 + 1, 1 + (i + offset) % 40);
            const auto added = index.insert(0, blocks);
            if (index.match(0, blocks) > blocks.size()) sound = false;
            if (i % 3 == 0) index.undo(added, blocks);
            if (i % 500 == 0) index.flush(0);
            if (index.size(0).blocks > 64) sound = false;
        }
    };

    std::thread other{work, 13};
    work(0);
    other.join();

    EXPECT_TRUE(sound);
    index.flush(0);
    index.insert(0, chain(1, 5));
    EXPECT_EQ(index.match(0, chain(1, 9)), 5U);
}

TEST(PrefixIndex, BelievesNothingOfWhatWasEvicted) {
    PrefixIndex index;
    index.insert(1, chain(100, 5));
    index.insert(2, chain(100, 5));

    index.evicted(1, chain(103, 2));

    EXPECT_EQ(index.match(1, chain(100, 5)), 3U);
    EXPECT_EQ(index.match(2, chain(100, 5)), 5U);
    EXPECT_EQ(index.home(chain(100, 5)).slot, 2U);
}

}  // namespace
}  // namespace penstock::routing
