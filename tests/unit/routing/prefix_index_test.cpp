#include "penstock/routing/prefix_index.h"

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/base/rng.h"

namespace penstock::routing {
namespace {

std::vector<std::uint64_t> chain(std::uint64_t first, std::size_t length) {
    std::vector<std::uint64_t> out(length);
    std::iota(out.begin(), out.end(), first);
    return out;
}

std::uint32_t found(const PrefixIndex& index, fleet::Slot slot,
                    const std::vector<std::uint64_t>& blocks) {
    Holdings holdings;
    index.match(blocks, holdings);
    return holdings.of(slot);
}

TEST(PrefixIndex, OneLookUpTellsWhatEachBackendHolds) {
    PrefixIndex index;
    for (fleet::Slot slot = 0; slot < 100; ++slot) index.insert(slot, chain(1, slot));

    Holdings holdings;
    index.match(chain(1, 60), holdings);

    for (fleet::Slot slot = 0; slot < 200; ++slot) {
        ASSERT_EQ(holdings.of(slot), slot < 100 ? std::min(slot, 60U) : 0) << slot;
    }
    index.match(chain(1'000, 60), holdings);
    EXPECT_EQ(holdings.of(99), 0U);
    index.match({}, holdings);
    EXPECT_EQ(holdings.of(99), 0U);
}

TEST(PrefixIndex, UndoAfterAFlushTakesNothingOfTheNewContent) {
    PrefixIndex index;
    const auto added = index.insert(1, chain(100, 4));
    index.flush(1);
    index.insert(1, chain(100, 4));

    index.undo(added, chain(100, 4));

    EXPECT_EQ(found(index, 1, chain(100, 4)), 4U);
}

TEST(PrefixIndex, UndoLeavesNoHomeBehind) {
    PrefixIndex index;
    index.insert(1, chain(100, 4));
    const auto added = index.insert(1, chain(100, 10));

    index.undo(added, chain(100, 10));

    EXPECT_EQ(index.home(chain(100, 10)).blocks, 4U);
}

TEST(PrefixIndex, UndoLeavesTheHomeOfWhatWasUsedSince) {
    PrefixIndex index;
    const auto added = index.insert(1, chain(100, 10));
    index.insert(1, chain(100, 6));

    index.undo(added, chain(100, 10));

    EXPECT_EQ(index.home(chain(100, 10)).blocks, 6U);
    EXPECT_EQ(found(index, 1, chain(100, 10)), 6U);
}

TEST(PrefixIndex, UndoLeavesAHomeElsewhere) {
    PrefixIndex index;
    const auto added = index.insert(1, chain(100, 4));
    index.insert(2, chain(100, 4));

    index.undo(added, chain(100, 4));

    EXPECT_EQ(index.home(chain(100, 4)).blocks, 4U);
    EXPECT_EQ(index.home(chain(100, 4)).slot, 2U);
}

TEST(PrefixIndex, GivesItsMemoryBackWhenFlushed) {
    PrefixIndex index;
    const std::size_t empty = index.total().bytes;
    index.set_capacity(1, 100'000);
    index.insert(1, chain(1, 100'000));
    ASSERT_GT(index.total().bytes, empty + 100'000 * 16);

    index.flush(1);

    EXPECT_EQ(index.size(1).bytes, 0U);
    EXPECT_EQ(index.size(1).capacity, 100'000U);
    EXPECT_LE(index.total().bytes, empty + 256 * 1024);
}

TEST(PrefixIndex, ForgetsWhatAnEngineMustHaveEvictedToo) {
    PrefixIndex index;
    for (const fleet::Slot slot : {1U, 2U}) {
        index.insert(slot, chain(100, 8));
        index.insert(slot, chain(200, 8));
    }
    const auto added = index.insert(1, chain(200, 8));

    index.correct(added, chain(200, 8), 5);

    EXPECT_EQ(found(index, 1, chain(100, 8)), 0U);
    EXPECT_EQ(found(index, 1, chain(200, 8)), 8U);
    EXPECT_EQ(found(index, 2, chain(100, 8)), 8U);
}

TEST(PrefixIndex, TruncatesWhatAnEngineHasToldItDoesNotHold) {
    PrefixIndex index;
    index.insert(1, chain(100, 8));
    index.insert(2, chain(100, 8));

    index.truncate(1, chain(100, 8), 3);
    index.truncate(5, chain(100, 8), 0);

    EXPECT_EQ(found(index, 1, chain(100, 8)), 3U);
    EXPECT_EQ(found(index, 2, chain(100, 8)), 8U);
}

// A million different blocks, each held by two backends.
TEST(PrefixIndex, HoldsTwoMillionPairsIn200MiB) {
    constexpr fleet::Slot k_backends = 64;
    constexpr std::size_t k_chain = 250;
    constexpr std::size_t k_blocks = 1'000'000;
    PrefixIndex index{42};
    for (fleet::Slot slot = 0; slot < k_backends; ++slot) index.set_capacity(slot, 40'000);
    Rng rng{1};
    std::vector<std::uint64_t> blocks(k_chain);
    for (std::size_t made = 0; made < k_blocks; made += k_chain) {
        for (std::uint64_t& block : blocks) block = rng.next();
        const auto slot = static_cast<fleet::Slot>(made / k_chain % k_backends);
        index.insert(slot, blocks);
        index.insert((slot + 1) % k_backends, blocks);
    }

    const PrefixIndex::Total total = index.total();

    EXPECT_EQ(total.blocks, k_blocks);
    EXPECT_EQ(total.pairs, 2 * k_blocks);
    EXPECT_LE(total.bytes, 200U << 20U);
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

TEST(PrefixIndex, BearsLookUpsBesideChangesOfManyBackends) {
    constexpr std::uint64_t k_rounds = 3'000;
    PrefixIndex index;
    for (fleet::Slot slot = 0; slot < 8; ++slot) index.set_capacity(slot, 64);
    std::atomic<bool> sound{true};
    const auto look = [&] {
        Holdings holdings;
        for (std::uint64_t i = 0; i < k_rounds; ++i) {
            index.match(chain(i % 7 * 1000 + 1, 40), holdings);
            for (fleet::Slot slot = 0; slot < 8; ++slot) {
                if (holdings.of(slot) > 40) sound = false;
            }
        }
    };

    std::thread reader{look};
    for (std::uint64_t i = 0; i < k_rounds; ++i) {
        const auto blocks = chain(i % 7 * 1000 + 1, 1 + i % 40);
        const auto slot = static_cast<fleet::Slot>(i % 8);
        const auto added = index.insert(slot, blocks);
        if (i % 3 == 0) index.undo(added, blocks);
        if (i % 5 == 0) index.truncate(slot, blocks, i % 10);
        if (i % 100 == 0) index.flush(slot);
    }
    reader.join();

    EXPECT_TRUE(sound);
    for (fleet::Slot slot = 0; slot < 8; ++slot) index.flush(slot);
    EXPECT_EQ(index.total().blocks, 0U);
}

/// Chains of a tree with two branches at each block, so that they often share beginnings.
std::vector<std::uint64_t> branch(const std::vector<bool>& turns) {
    std::vector<std::uint64_t> out;
    std::uint64_t at = 1;
    for (const bool turn : turns) out.push_back(at = at * 2 + (turn ? 1 : 0));
    return out;
}

RC_GTEST_PROP(PrefixIndex, OneLookUpAgreesWithOneForEachBackend, ()) {
    constexpr fleet::Slot k_backends = 6;
    const auto turns =
        rc::gen::resize(20, rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>()));
    PrefixIndex index;
    std::vector<std::pair<PrefixIndex::Added, std::vector<std::uint64_t>>> inserted;
    Holdings holdings;
    for (int step = 0; step < 60; ++step) {
        const auto slot = *rc::gen::inRange<fleet::Slot>(0, k_backends);
        const int what = *rc::gen::inRange(0, 12);
        if (what == 0) {
            index.flush(slot);
        } else if (what == 1) {
            index.set_capacity(slot, *rc::gen::inRange<std::size_t>(1, 40));
        } else if (what <= 3 && !inserted.empty()) {
            const auto& [added, of] = *rc::gen::elementOf(inserted);
            index.undo(added, of);
        } else {
            const auto blocks = branch(*turns);
            inserted.emplace_back(index.insert(slot, blocks), blocks);
        }
        const auto probe = branch(*turns);
        index.match(probe, holdings);
        for (fleet::Slot each = 0; each < k_backends; ++each) {
            RC_ASSERT(holdings.of(each) == index.match(each, probe));
        }
    }
}

}  // namespace
}  // namespace penstock::routing
