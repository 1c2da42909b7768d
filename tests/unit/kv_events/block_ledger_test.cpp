#include "block_ledger.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace penstock::kv_events {

namespace {

constexpr std::uint32_t k_block = 16;           // tokens in an engine's block
constexpr std::uint32_t k_text = 64;            // bytes in a block of ours: as many tokens as an
constexpr std::uint32_t k_bytes_per_token = 4;  // engine's block has

TimePoint at(int ms) {
    return TimePoint{} + Millis{1'000'000 + ms};
}

/// What each backend is said to hold.
class Held final : public HeldBlocks {
public:
    void stored(fleet::Slot slot, std::span<const std::uint64_t> chain) override {
        blocks[slot].insert(chain.begin(), chain.end());
    }
    void removed(fleet::Slot slot, std::span<const std::uint64_t> gone) override {
        for (const std::uint64_t each : gone) blocks[slot].erase(each);
    }
    void cleared(fleet::Slot slot) override { blocks[slot].clear(); }
    std::map<fleet::Slot, std::set<std::uint64_t>> blocks;
};

/// A prompt as a list of numbered pieces, each a block of text and a block of tokens.
using Pieces = std::vector<std::uint32_t>;

/// Names of blocks: of ours (salt 1), of an engine (its own salt).
std::vector<std::uint64_t> chain(const Pieces& pieces, std::uint64_t salt) {
    std::vector<std::uint64_t> hashes;
    std::uint64_t hash = salt;
    for (const std::uint32_t piece : pieces) {
        hash = hash * 1'000'003 + piece;
        hashes.push_back(hash);
    }
    return hashes;
}

constexpr std::uint64_t k_ours = 1;

Event stored(const Pieces& pieces, std::size_t from, std::uint64_t engine) {
    const std::vector<std::uint64_t> names = chain(pieces, engine);
    Event event{.kind = Event::Kind::stored, .hashes = {}, .block_size = k_block};
    event.hashes.assign(names.begin() + static_cast<std::ptrdiff_t>(from), names.end());
    if (from > 0) event.parent = names[from - 1];
    for (std::size_t i = from; i < pieces.size(); ++i) {
        for (std::uint32_t token = 0; token < k_block; ++token) {
            event.tokens.push_back(pieces[i] * 100 + token);
        }
    }
    return event;
}

Event removed(const Pieces& pieces, std::size_t from, std::uint64_t engine) {
    const std::vector<std::uint64_t> names = chain(pieces, engine);
    Event event{.kind = Event::Kind::removed, .hashes = {}};
    event.hashes.assign(names.begin() + static_cast<std::ptrdiff_t>(from), names.end());
    return event;
}

class Ledger : public testing::Test {
protected:
    static constexpr fleet::Slot a = 1;
    static constexpr fleet::Slot b = 2;

    Ledger() {
        ledger.open(a, 7);
        ledger.open(b, 7);
    }

    void tell(fleet::Slot slot, Event event, int ms, std::uint32_t rank = 0) {
        ledger.apply(slot, {.rank = rank, .events = {std::move(event)}}, at(ms));
    }
    /// Sent 10 ms before `ms`, answered 10 ms after. What the proxy believes from the sending on.
    BlockLedger::Paired serve(fleet::Slot slot, const Pieces& pieces, int ms,
                              std::uint32_t cached = 0) {
        const auto size = static_cast<std::uint32_t>(pieces.size());
        const std::vector<std::uint64_t> ours = chain(pieces, k_ours);
        held.blocks[slot].insert(ours.begin(), ours.end());
        const auto paired = ledger.served({.slot = slot,
                                           .blocks = ours,
                                           .block_bytes = k_text,
                                           .bytes = std::uint64_t{size} * k_text + 5,
                                           .tokens = size * k_block + 1,
                                           .cached_tokens = cached,
                                           .sent = at(ms - 10),
                                           .ended = at(ms + 10)});
        return paired;
    }
    [[nodiscard]] std::size_t believed(fleet::Slot slot, const Pieces& pieces) {
        const std::vector<std::uint64_t> ours = chain(pieces, k_ours);
        const auto missing = std::ranges::find_if(
            ours, [&](std::uint64_t each) { return !held.blocks[slot].contains(each); });
        return static_cast<std::size_t>(missing - ours.begin());
    }

    Held held;
    BlockLedger ledger{held};
};

TEST_F(Ledger, PairsAPromptWithWhatWasStoredForIt) {
    tell(a, stored({1, 2, 3}, 0, 50), 0);

    EXPECT_EQ(serve(a, {1, 2, 3}, 0).paired, 3U);

    EXPECT_EQ(believed(a, {1, 2, 3}), 3U);
    EXPECT_EQ(ledger.blocks(a), 3U);
}

TEST_F(Ledger, BelievesWhatTheEngineEvicts) {
    tell(a, stored({1, 2, 3}, 0, 50), 0);
    serve(a, {1, 2, 3}, 0);

    tell(a, removed({1, 2, 3}, 1, 50), 1'000);

    EXPECT_EQ(believed(a, {1, 2, 3}), 1U);
    EXPECT_EQ(ledger.blocks(a), 1U);
}

TEST_F(Ledger, LearnsOfAnEvictionThatCameBeforeTheAnswersEnd) {
    tell(a, stored({1, 2, 3}, 0, 50), 0);
    tell(a, removed({1, 2, 3}, 2, 50), 5);

    serve(a, {1, 2, 3}, 0);

    EXPECT_EQ(believed(a, {1, 2, 3}), 2U);
}

TEST_F(Ledger, HearsOfBlocksThatOthersHadStored) {
    tell(a, stored({1, 2, 3}, 0, 50), 0);
    serve(a, {1, 2, 3}, 0);

    tell(b, stored({1, 2, 4}, 0, 60), 1'000);

    EXPECT_EQ(believed(b, {1, 2, 3}), 2U);
}

TEST_F(Ledger, TellsWhoHeldAPromptAlreadyWhenItIsFirstSeen) {
    tell(b, stored({1, 2, 3}, 0, 60), -5'000);
    tell(a, stored({1, 2, 3}, 0, 50), 0);

    serve(a, {1, 2, 3}, 0);

    EXPECT_EQ(believed(b, {1, 2, 3}), 3U);
}

TEST_F(Ledger, KnowsAPromptAgainThatNobodyHeldMeanwhile) {
    tell(a, stored({1, 2, 3}, 0, 50), 0);
    serve(a, {1, 2, 3}, 0);
    tell(a, removed({1, 2, 3}, 0, 50), 100);

    tell(b, stored({1, 2, 3}, 0, 60), 200);

    EXPECT_EQ(believed(b, {1, 2, 3}), 3U);
}

TEST_F(Ledger, TellsTwoPromptsOfOneTimeApartByTheirLength) {
    tell(a, stored({1, 2, 3}, 0, 50), 0);
    tell(a, stored({4, 5}, 0, 50), 1);

    serve(a, {4, 5}, 0);
    serve(a, {1, 2, 3}, 0);
    tell(a, removed({4, 5}, 0, 50), 100);

    EXPECT_EQ(believed(a, {4, 5}), 0U);
    EXPECT_EQ(believed(a, {1, 2, 3}), 3U);
}

TEST_F(Ledger, TakesNothingThatWasStoredBeforeThePromptWasSent) {
    tell(a, stored({1, 2, 3, 4}, 0, 100), 85);  // another's, and as long at one of its blocks

    serve(a, {5, 6, 7}, 100);
    tell(a, stored({5, 6, 7}, 0, 100), 112);

    EXPECT_EQ(ledger.try_waiting(a, at(112)).paired, 3U);
}

TEST_F(Ledger, ConcludesNothingWhenTwoAreAlike) {
    tell(a, stored({1, 2}, 0, 50), 0);
    tell(a, stored({4, 5}, 0, 50), 1);

    EXPECT_EQ(serve(a, {4, 5}, 0).paired, 0U);

    EXPECT_EQ(ledger.try_waiting(a, at(5'000)).unpaired, 2U);
}

TEST_F(Ledger, TellsThemApartByWhatIsKnownOfTheirBeginning) {
    tell(a, stored({1}, 0, 50), 0);
    serve(a, {1}, 0);
    tell(a, stored({1, 2, 3}, 1, 50), 1'000);
    tell(a, stored({4, 5, 6}, 0, 50), 1'001);

    EXPECT_EQ(serve(a, {1, 2, 3}, 1'000, k_block).paired, 3U);
    tell(a, removed({1, 2, 3}, 2, 50), 2'000);

    EXPECT_EQ(believed(a, {1, 2, 3}), 2U);
}

TEST_F(Ledger, WaitsForEventsThatComeAfterTheAnswer) {
    EXPECT_EQ(serve(a, {1, 2}, 0).paired, 0U);

    tell(a, stored({1, 2}, 0, 50), 15);

    EXPECT_EQ(ledger.try_waiting(a, at(15)).paired, 2U);
}

TEST_F(Ledger, PairsAPromptThatIsPrefilledInParts) {
    Event first = stored({1, 2, 3, 4}, 0, 50);
    Event second = stored({1, 2, 3, 4}, 2, 50);
    first.hashes.resize(2);
    first.tokens.resize(2 * k_block);
    tell(a, first, 0);
    tell(a, second, 5);

    EXPECT_EQ(serve(a, {1, 2, 3, 4}, 0).paired, 4U);
    tell(a, removed({1, 2, 3, 4}, 1, 50), 100);

    EXPECT_EQ(believed(a, {1, 2, 3, 4}), 1U);
}

TEST_F(Ledger, PairsAPagePerEventLikeSglangs) {
    Batch batch;
    for (std::size_t page = 0; page < 3; ++page) {
        Event event = stored({1, 2, 3}, page, 50);
        event.hashes.resize(1);
        event.tokens.resize(k_block);
        batch.events.push_back(event);
    }
    ledger.apply(a, batch, at(0));

    EXPECT_EQ(serve(a, {1, 2, 3}, 0).paired, 3U);
}

TEST_F(Ledger, DoesNotTakeTheAnswersBlocksForThePrompts) {
    tell(a, stored({1, 2}, 0, 50), 0);
    tell(a, stored({1, 2, 9}, 2, 50), 5);  // generated

    EXPECT_EQ(serve(a, {1, 2}, 0).paired, 2U);
    tell(a, removed({1, 2, 9}, 2, 50), 100);

    EXPECT_EQ(believed(a, {1, 2}), 2U);
}

TEST_F(Ledger, PairsTheNextTurnOfADialogue) {
    tell(a, stored({1, 2}, 0, 50), 0);
    serve(a, {1, 2}, 0);
    tell(a, stored({1, 2, 3, 4}, 2, 50), 1'000);

    EXPECT_EQ(serve(a, {1, 2, 3, 4}, 1'000, 2 * k_block).paired, 4U);
    tell(a, removed({1, 2, 3, 4}, 3, 50), 2'000);

    EXPECT_EQ(believed(a, {1, 2, 3, 4}), 3U);
}

// Listening began after the prompt's first blocks were stored: what is cached says how deep.
TEST_F(Ledger, FollowsAPromptWhoseBeginningWasNotHeard) {
    tell(a, stored({1, 2, 3, 4}, 2, 50), 0);

    EXPECT_EQ(serve(a, {1, 2, 3, 4}, 0, 2 * k_block).paired, 4U);
    tell(a, removed({1, 2, 3, 4}, 3, 50), 100);
    EXPECT_EQ(believed(a, {1, 2, 3, 4}), 3U);
    tell(a, removed({1, 2, 3, 4}, 1, 50), 200);

    EXPECT_EQ(believed(a, {1, 2, 3, 4}), 0U);
}

TEST_F(Ledger, CountsEqualBlocksThatWereComputedSideBySide) {
    tell(a, stored({1, 2}, 0, 50), 0);
    tell(a, stored({1, 2}, 0, 50), 1);
    serve(a, {1, 2}, 0);

    tell(a, removed({1, 2}, 0, 50), 100);
    EXPECT_EQ(believed(a, {1, 2}), 2U);
    tell(a, removed({1, 2}, 0, 50), 200);

    EXPECT_EQ(believed(a, {1, 2}), 0U);
}

TEST_F(Ledger, KnowsNothingAfterAllWasCleared) {
    tell(a, stored({1, 2}, 0, 50), 0);
    serve(a, {1, 2}, 0);

    tell(a, {.kind = Event::Kind::cleared}, 100);

    EXPECT_EQ(believed(a, {1, 2}), 0U);
    EXPECT_EQ(ledger.blocks(a), 0U);
}

TEST_F(Ledger, ClearsOnlyTheRankThatSaysSo) {
    tell(a, stored({1, 2}, 0, 50), 0, 0);
    serve(a, {1, 2}, 0);
    tell(a, stored({1, 2, 3}, 0, 51), 1'000, 1);
    serve(a, {1, 2, 3}, 1'000);

    tell(a, {.kind = Event::Kind::cleared}, 2'000, 0);
    EXPECT_EQ(believed(a, {1, 2, 3}), 3U);
    tell(a, {.kind = Event::Kind::cleared}, 2'000, 1);

    EXPECT_EQ(believed(a, {1, 2, 3}), 0U);
}

TEST_F(Ledger, KeepsBelievingWhatItCanNoLongerFollow) {
    tell(a, stored({1, 2}, 0, 50), 0);
    serve(a, {1, 2}, 0);

    ledger.forget(a, 0);

    EXPECT_EQ(believed(a, {1, 2}), 2U);
    EXPECT_EQ(ledger.blocks(a), 0U);
}

// The first prompt's text is denser in its own part: "equally dense" puts the end of the common
// part too far, into what only the first has.
TEST_F(Ledger, FindsWhereTwoPromptsPart) {
    const Pieces first{1, 2, 3, 4, 5, 6};
    tell(a, stored(first, 0, 50), 0);
    const std::vector<std::uint64_t> ours = chain({1, 2}, k_ours);
    held.blocks[a].insert(ours.begin(), ours.end());
    ledger.served(
        {.slot = a,  // two blocks of ours, in a text of three: the second ends at token 64
         .blocks = ours,
         .block_bytes = k_text,
         .bytes = 3 * k_text,
         .tokens = 6 * k_block,
         .sent = at(-10),
         .ended = at(10)});
    tell(a, stored({1, 2, 7}, 2, 50), 1'000);
    EXPECT_EQ(serve(a, {1, 2, 7}, 1'000, 2 * k_block).paired, 3U);

    tell(a, removed(first, 2, 50), 2'000);

    EXPECT_EQ(believed(a, {1, 2, 7}), 3U);
}

TEST_F(Ledger, PassesOverBlocksInWhichNoPrefixIsFound) {
    Event window = stored({1, 2}, 0, 50);
    window.full_attention = false;
    window.group = 1;
    tell(a, stored({1, 2}, 0, 50), 0);
    tell(a, window, 0);
    serve(a, {1, 2}, 0);

    Event gone = removed({1, 2}, 0, 50);
    gone.group = 1;
    tell(a, gone, 100);

    EXPECT_EQ(believed(a, {1, 2}), 2U);
}

// An engine that makes finding endless does not keep the thread, and what is honest is found again.
TEST_F(Ledger, FindsAgainAfterItsStepsWereSpent) {
    constexpr int k_rounds = 200;
    Pieces endless;
    for (std::uint32_t piece = 0; piece < 4'000; ++piece) endless.push_back(10 + piece);
    for (std::uint64_t engine = 0; engine < k_rounds; ++engine) {
        tell(a, stored(endless, 0, 1'000 + engine), 0);
    }
    EXPECT_EQ(serve(a, {1, 2}, 0).paired, 0U);  // too many, and each with far to go
    EXPECT_EQ(ledger.try_waiting(a, at(5'000)).unpaired, 2U);

    tell(a, stored({3, 4}, 0, 50), 5'000);

    serve(a, {3, 4}, 5'000);

    EXPECT_EQ(ledger.try_waiting(a, at(5'500)).paired, 2U);
}

TEST_F(Ledger, ExpectsNothingForAPromptOfKnownPlace) {
    tell(a, stored({1, 2}, 0, 50), 0);
    const fleet::ServedPrompt prompt{.slot = a, .blocks = chain({1, 2}, k_ours)};
    EXPECT_TRUE(ledger.expects_events(prompt));

    serve(a, {1, 2}, 0);

    EXPECT_FALSE(ledger.expects_events(prompt));
}

}  // namespace

}  // namespace penstock::kv_events
