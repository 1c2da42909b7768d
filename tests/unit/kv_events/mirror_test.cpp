#include "mirror.h"

#include <gtest/gtest.h>

namespace penstock::kv_events {

namespace {

/// The same block of tokens under many names, as no honest engine has it.
Event named(std::uint64_t first, std::size_t count) {
    Event event{.kind = Event::Kind::stored, .hashes = {}, .tokens = {1}, .block_size = 1};
    for (std::size_t at = 0; at < count; ++at) event.hashes.push_back(first + at);
    event.tokens.assign(count, 1);
    return event;
}

class MirrorTest : public testing::Test {
protected:
    void store(const Event& event, std::uint32_t rank = 0) {
        mirror.stored(rank, event, TimePoint{}, changed);
    }
    void remove(Event event, std::uint32_t rank = 0) {
        event.kind = Event::Kind::removed;
        mirror.removed(rank, event, changed);
    }

    TokenPaths paths;
    Mirror mirror{paths, {.model = 1, .own = 2}};
    std::vector<PathKey> changed;
};

TEST_F(MirrorTest, BoundsTheNamesOfOnePath) {
    for (std::uint64_t name = 0; name < Mirror::k_names_max; ++name) store(named(name, 1));
    EXPECT_EQ(mirror.named(), Mirror::k_names_max);
    EXPECT_EQ(mirror.size(), 1U);

    store(named(Mirror::k_names_max, 1));
    EXPECT_EQ(mirror.named(), Mirror::k_names_max);

    remove(named(0, 1));
    store(named(Mirror::k_names_max, 1));
    EXPECT_EQ(mirror.named(), Mirror::k_names_max);
}

TEST_F(MirrorTest, BoundsWhatOneEventNamesInAllRanks) {
    store(named(0, Mirror::k_names_max - 1), 0);
    store(named(0, 2), 1);
    EXPECT_EQ(mirror.named(), Mirror::k_names_max);

    Event orphan = named(7, 1);
    orphan.parent = 1'000'000'000;  // would take two
    store(orphan, 1);
    EXPECT_EQ(mirror.named(), Mirror::k_names_max);

    mirror.forget(0, changed);
    EXPECT_EQ(mirror.named(), 1U);
}

}  // namespace

}  // namespace penstock::kv_events
