#include "penstock/base/hot_lines.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

struct alignas(k_cache_line) Lines {
    char bytes[4 * k_cache_line];
};

TEST(HotLines, CountsTheLinesThatBytesLieIn) {
    const Lines lines{};
    HotLines hot;

    hot.add(lines.bytes, 1);
    EXPECT_EQ(hot.count(), 1U);
    hot.add(lines.bytes + k_cache_line - 1, 2);
    EXPECT_EQ(hot.count(), 3U);
    hot.add(lines.bytes, 3 * k_cache_line);
    EXPECT_EQ(hot.count(), 6U);
}

TEST(HotLines, EndsBeforeTheLineThatBeginsAtTheEnd) {
    const Lines lines{};
    HotLines hot;

    hot.add_between(lines.bytes, lines.bytes + 2 * k_cache_line);
    EXPECT_EQ(hot.count(), 2U);
}

TEST(HotLines, TakesNoMoreThanItHolds) {
    HotLines hot;
    const Lines lines{};

    for (std::size_t i = 0; i <= HotLines::k_most; ++i) hot.add(lines.bytes, 1);

    EXPECT_EQ(hot.count(), HotLines::k_most);
}

TEST(FetchTwoLines, TakesNullForNothing) {
    const Lines lines{};

    fetch_two_lines(lines.bytes);
    fetch_two_lines(nullptr);
}

TEST(NearLines, FetchesWhatItWasGivenNearAndFar) {
    NearLines near;
    const Lines lines{};
    HotLines hot;
    hot.add(lines.bytes, sizeof lines);
    hot.add(reinterpret_cast<const void*>(std::uintptr_t{k_cache_line}), 1);  // too far, no memory

    near.set(hot);
    near.fetch();
    near.set({});
    near.fetch();
}

}  // namespace
}  // namespace penstock
