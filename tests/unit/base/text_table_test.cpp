#include "penstock/base/text_table.h"

#include <gtest/gtest.h>

#include <array>

namespace penstock {
namespace {

TEST(TextTable, AlignsToTheRightButWhereLeftIsAskedFor) {
    constexpr std::array<std::size_t, 2> k_left{0, 2};

    EXPECT_EQ(text_table({{"name", "count", "note"}, {"a", "7", ""}, {"bcdef", "10", "b"}}, k_left),
              "name   count  note\n"
              "a          7\n"
              "bcdef     10  b\n");
}

TEST(TextTable, CountsCharactersAndNotBytes) {
    EXPECT_EQ(text_table({{"1 ±0.5", "x"}, {"12 ±0.5", "x"}}, {}),
              " 1 ±0.5  x\n"
              "12 ±0.5  x\n");
}

}  // namespace
}  // namespace penstock
