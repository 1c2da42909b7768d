#include "penstock/base/near_miss.h"

#include <array>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock {
namespace {

constexpr std::array<std::string_view, 4> k_words{"workers", "explain", "warning", "url"};

TEST(EditDistance, CountsEachKindOfEdit) {
    EXPECT_EQ(edit_distance("workers", "workers"), 0U);
    EXPECT_EQ(edit_distance("workrs", "workers"), 1U);
    EXPECT_EQ(edit_distance("workerss", "workers"), 1U);
    EXPECT_EQ(edit_distance("warkers", "workers"), 1U);
    EXPECT_EQ(edit_distance("wrokers", "workers"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(EditDistance, DoesNotMindTheCase) {
    EXPECT_EQ(edit_distance("vLLM", "vllm"), 0U);
}

TEST(EditDistance, EndsAtItsLongestWord) {
    const std::string longest(k_near_miss_length, 'a');

    EXPECT_EQ(edit_distance(longest, ""), k_near_miss_length);
    EXPECT_EQ(edit_distance(longest + "a", longest), std::numeric_limits<std::size_t>::max());
}

RC_GTEST_PROP(EditDistance, IsTheSameBothWays, (const std::string& a, const std::string& b)) {
    RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
}

TEST(NearMiss, FindsAWordWithATypingMistake) {
    EXPECT_EQ(near_miss("wokrers", k_words), "workers");
    EXPECT_EQ(near_miss("ulr", k_words), "url");
}

TEST(NearMiss, FindsAWordByItsBeginning) {
    EXPECT_EQ(near_miss("exp", k_words), "explain");
    EXPECT_EQ(near_miss("ex", k_words), "");
}

TEST(NearMiss, FindsNothingFarAway) {
    EXPECT_EQ(near_miss("timeout", k_words), "");
    EXPECT_EQ(near_miss("", k_words), "");
    EXPECT_EQ(near_miss("workers", {}), "");
}

}  // namespace
}  // namespace penstock
