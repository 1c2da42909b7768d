#include "block_cache.h"

#include <algorithm>
#include <list>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/base/hash.h"

namespace penstock::routing {
namespace {

using Chain = std::vector<std::uint64_t>;

/// The chain of a text, one block a letter: equal beginnings give equal hashes.
Chain chain(std::string_view text) {
    Chain out;
    std::uint64_t seed = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        seed = hash64(text.substr(i, 1), seed);
        out.push_back(seed);
    }
    return out;
}

constexpr fleet::Slot k_slot = 7;

struct OwnHolders {
    explicit OwnHolders(std::uint64_t salt) : holders{Scatter{salt}} {}
    BlockHolders holders;
};

/// With holders of its own, and evicting at once.
class Cache : public OwnHolders, public BlockCache {
public:
    explicit Cache(std::uint64_t salt = 0)
        : OwnHolders{salt}, BlockCache{holders, k_slot, Scatter{salt}, {}} {}
    void set_capacity(std::size_t blocks) {
        BlockCache::set_capacity(blocks);
        evict(size());
    }
    /// Of the chain, by what the holders were told.
    [[nodiscard]] std::uint32_t told(const Chain& blocks) const {
        Holdings found;
        holders.match(blocks, found);
        return found.of(k_slot);
    }
};

TEST(BlockCache, HoldsNothingAtFirst) {
    const Cache cache;

    EXPECT_EQ(cache.match(chain("abc")), 0U);
    EXPECT_EQ(cache.match({}), 0U);
    EXPECT_EQ(cache.size(), 0U);
}

TEST(BlockCache, MatchesTheSharedBeginning) {
    Cache cache;
    cache.insert(chain("abcdef"));

    EXPECT_EQ(cache.match(chain("abcdef")), 6U);
    EXPECT_EQ(cache.match(chain("abcxyz")), 3U);
    EXPECT_EQ(cache.match(chain("abcdefghi")), 6U);
    EXPECT_EQ(cache.match(chain("xbcdef")), 0U);
}

TEST(BlockCache, MatchesEveryLengthOfALongChain) {
    const Chain whole = chain(std::string(100, 'x'));
    for (std::size_t held = 0; held <= whole.size(); ++held) {
        Cache cache;
        cache.insert(std::span{whole}.first(held));
        ASSERT_EQ(cache.match(whole), held);
    }
}

TEST(BlockCache, CountsASharedBlockOnce) {
    Cache cache;
    cache.insert(chain("abcd"));
    cache.insert(chain("abxy"));

    EXPECT_EQ(cache.size(), 6U);
}

TEST(BlockCache, EvictsTheLeastRecentlyUsed) {
    Cache cache;
    cache.set_capacity(4);
    cache.insert(chain("ab"));
    cache.insert(chain("xy"));
    cache.insert(chain("ab"));

    cache.insert(chain("pq"));

    EXPECT_EQ(cache.match(chain("ab")), 2U);
    EXPECT_EQ(cache.match(chain("xy")), 0U);
    EXPECT_EQ(cache.match(chain("pq")), 2U);
}

TEST(BlockCache, EvictsTheTailBeforeItsParents) {
    Cache cache;
    cache.set_capacity(4);
    cache.insert(chain("abcd"));

    cache.insert(chain("x"));

    EXPECT_EQ(cache.match(chain("abcd")), 3U);
    EXPECT_EQ(cache.match(chain("x")), 1U);
}

TEST(BlockCache, KeepsTheBeginningOfAChainLongerThanItsCapacity) {
    Cache cache;
    cache.set_capacity(3);

    const auto inserted = cache.insert(chain("abcdef"));

    EXPECT_EQ(cache.match(chain("abcdef")), 3U);
    EXPECT_EQ(inserted.to, 3U);
    EXPECT_EQ(cache.size(), 3U);
}

TEST(BlockCache, TellsWhatAnInsertionAdded) {
    Cache cache;
    cache.insert(chain("ab"));

    const auto inserted = cache.insert(chain("abcd"));

    EXPECT_EQ(inserted.from, 2U);
    EXPECT_EQ(inserted.to, 4U);
}

TEST(BlockCache, UndoesWhatItAdded) {
    Cache cache;
    cache.insert(chain("ab"));
    const auto inserted = cache.insert(chain("abcd"));

    cache.undo(inserted, chain("abcd"));

    EXPECT_EQ(cache.match(chain("abcd")), 2U);
    EXPECT_EQ(cache.size(), 2U);
}

TEST(BlockCache, UndoLeavesWhatALaterInsertionUsed) {
    Cache cache;
    const auto inserted = cache.insert(chain("abcd"));
    cache.insert(chain("abx"));

    cache.undo(inserted, chain("abcd"));

    EXPECT_EQ(cache.match(chain("abcd")), 2U);
    EXPECT_EQ(cache.match(chain("abx")), 3U);
}

TEST(BlockCache, ForgetsWhatIsOlderThanWhatTheEngineMissed) {
    Cache cache;
    cache.insert(chain("old"));
    cache.insert(chain("abcd"));
    cache.insert(chain("new"));
    const auto inserted = cache.insert(chain("abcdef"));

    cache.correct(inserted, chain("abcdef"), 4);
    EXPECT_EQ(cache.match(chain("old")), 3U);
    cache.correct(inserted, chain("abcdef"), 3);

    EXPECT_EQ(cache.told(chain("old")), 0U);
    EXPECT_EQ(cache.match(chain("abcdef")), 6U);
    EXPECT_EQ(cache.match(chain("new")), 3U);
}

TEST(BlockCache, CorrectsNothingByWhatWasUsedAgainSince) {
    Cache cache;
    cache.insert(chain("old"));
    cache.insert(chain("ab"));
    const auto inserted = cache.insert(chain("ab"));
    cache.insert(chain("ab"));

    cache.correct(inserted, chain("ab"), 0);

    EXPECT_EQ(cache.match(chain("old")), 3U);
}

TEST(BlockCache, CorrectsNothingWhereNothingWasBelieved) {
    Cache cache;
    cache.insert(chain("old"));
    const auto inserted = cache.insert(chain("ab"));

    cache.correct(inserted, chain("ab"), 0);
    cache.correct({}, chain("ab"), 0);
    cache.correct(inserted, {}, 0);

    EXPECT_EQ(cache.match(chain("old")), 3U);
}

TEST(BlockCache, TruncatesAChain) {
    Cache cache;
    cache.insert(chain("abcdef"));
    cache.insert(chain("abx"));

    cache.truncate(chain("abcdef"), 3);

    EXPECT_EQ(cache.match(chain("abcdef")), 3U);
    EXPECT_EQ(cache.told(chain("abcdef")), 3U);
    EXPECT_EQ(cache.match(chain("abx")), 3U);
    EXPECT_EQ(cache.size(), 4U);
}

TEST(BlockCache, DoesNotFindWhatIsLeftBelowATruncatedBlock) {
    Cache cache;
    cache.insert(chain("abcd"));

    cache.truncate(chain("ab"), 1);

    EXPECT_EQ(cache.told(chain("abcd")), 1U);
    cache.truncate(chain("abcd"), 9);
    EXPECT_EQ(cache.told(chain("abcd")), 1U);
}

TEST(BlockCache, TellsTheHoldersWhatComesAndGoes) {
    Cache cache;
    cache.set_capacity(4);
    cache.insert(chain("abcd"));
    cache.insert(chain("xy"));

    EXPECT_EQ(cache.told(chain("abcd")), 2U);
    EXPECT_EQ(cache.told(chain("xyz")), 2U);
    cache.abandon();
    EXPECT_EQ(cache.told(chain("abcd")), 0U);
    EXPECT_EQ(cache.holders.blocks(), 0U);
}

TEST(BlockCache, EvictsNoMoreAtATimeThanItIsTold) {
    Cache cache;
    cache.insert(chain("abcdef"));
    static_cast<BlockCache&>(cache).set_capacity(1);

    EXPECT_TRUE(cache.evict(3));
    EXPECT_EQ(cache.size(), 3U);
    EXPECT_FALSE(cache.evict(3));
    EXPECT_EQ(cache.size(), 1U);
}

TEST(BlockCache, TakesNoMoreMemoryHoweverMuchGoesThroughIt) {
    constexpr std::size_t k_blocks = 1024;
    Cache cache;
    cache.set_capacity(k_blocks);
    cache.insert(chain(std::string(k_blocks, 'a')));
    cache.insert(chain(std::string(k_blocks, 'b')));
    const std::size_t full = cache.bytes();

    for (char letter = 'c'; letter <= 'z'; ++letter) {
        cache.insert(chain(std::string(k_blocks, letter)));
    }

    EXPECT_EQ(cache.bytes(), full);
    EXPECT_EQ(cache.size(), k_blocks);
}

TEST(BlockCache, BoundsTheCapacity) {
    Cache cache;

    cache.set_capacity(BlockCache::k_capacity_max);
    EXPECT_EQ(cache.capacity(), BlockCache::k_capacity_max);
    cache.set_capacity(BlockCache::k_capacity_max + 1);
    EXPECT_EQ(cache.capacity(), BlockCache::k_capacity_max);
}

TEST(BlockCache, FindsTheSameWhateverTheSalt) {
    for (const std::uint64_t salt : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
        Cache cache{salt};
        cache.insert(chain("abcdef"));

        EXPECT_EQ(cache.match(chain("abcdxx")), 4U);
        EXPECT_EQ(cache.match(chain("xbcdef")), 0U);
    }
}

TEST(BlockCache, HoldsAtLeastOneBlockWhateverTheCapacity) {
    Cache cache;
    cache.set_capacity(0);
    cache.insert(chain("ab"));

    EXPECT_EQ(cache.capacity(), 1U);
    EXPECT_EQ(cache.match(chain("ab")), 1U);
}

/// The same in the plainest words: a list, newest first, searched from end to end.
class Model {
public:
    std::uint32_t match(const Chain& blocks) const {
        std::uint32_t held = 0;
        while (held < blocks.size() && holds(blocks[held])) ++held;
        return held;
    }
    BlockCache::Inserted insert(Chain blocks) {
        blocks.resize(std::min(blocks.size(), capacity_));
        const std::uint32_t from = match(blocks);
        ++stamp_;
        std::for_each(blocks.rbegin(), blocks.rend(), [this](std::uint64_t hash) {
            order_.remove(hash);
            order_.push_front(hash);
            stamps_[hash] = stamp_;
        });
        shrink();
        return {from, static_cast<std::uint32_t>(blocks.size()), stamp_};
    }
    void undo(const BlockCache::Inserted& inserted, const Chain& blocks) {
        for (std::size_t i = inserted.from; i < std::min<std::size_t>(inserted.to, blocks.size());
             ++i) {
            if (holds(blocks[i]) && stamps_[blocks[i]] == inserted.stamp) order_.remove(blocks[i]);
        }
    }
    void set_capacity(std::size_t blocks) {
        capacity_ = blocks;
        shrink();
    }
    bool holds(std::uint64_t hash) const {
        return std::find(order_.begin(), order_.end(), hash) != order_.end();
    }
    std::size_t size() const { return order_.size(); }

private:
    void shrink() {
        while (order_.size() > capacity_) order_.pop_back();
    }
    std::list<std::uint64_t> order_;
    std::map<std::uint64_t, std::uint32_t> stamps_;
    std::uint32_t stamp_ = 0;
    std::size_t capacity_ = 4096;
};

RC_GTEST_PROP(BlockCache, DoesWhatTheModelDoes, ()) {
    // Few letters, so that chains share beginnings often.
    const auto texts = rc::gen::container<std::string>(rc::gen::elementOf(std::string{"abc"}));
    Cache cache;
    Model model;
    std::vector<std::pair<BlockCache::Inserted, Chain>> inserted;
    for (int step = 0; step < 60; ++step) {
        const Chain blocks = chain(*texts);
        switch (*rc::gen::inRange(1, 12)) {
            case 1: {
                const auto capacity = *rc::gen::inRange<std::size_t>(1, 80);
                cache.set_capacity(capacity);
                model.set_capacity(capacity);
                break;
            }
            case 2:
            case 3:
                if (!inserted.empty()) {
                    const auto& [what, of] = *rc::gen::elementOf(inserted);
                    cache.undo(what, of);
                    model.undo(what, of);
                }
                break;
            default: {
                const auto got = cache.insert(blocks);
                const auto wanted = model.insert(blocks);
                RC_ASSERT(got.from == wanted.from && got.to == wanted.to);
                inserted.emplace_back(got, blocks);
            }
        }
        RC_ASSERT(cache.size() == model.size());
        const Chain probe = chain(*texts);
        RC_ASSERT(cache.match(probe) == model.match(probe));
        RC_ASSERT(cache.told(probe) == model.match(probe));
        // A block is never held without its parents.
        for (std::size_t i = 1; i < probe.size(); ++i) {
            RC_ASSERT(!cache.holds(probe[i]) || cache.holds(probe[i - 1]));
        }
    }
}

}  // namespace
}  // namespace penstock::routing
