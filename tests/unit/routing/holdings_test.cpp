#include "penstock/routing/holdings.h"

#include <gtest/gtest.h>

namespace penstock::routing {
namespace {

TEST(Holdings, NobodyHoldsAnythingOfANewPrompt) {
    Holdings holdings;
    holdings.extend(3, 0, 5);
    ASSERT_EQ(holdings.of(3), 5U);

    holdings.begin();

    EXPECT_EQ(holdings.of(3), 0U);
    EXPECT_EQ(holdings.of(4'000'000), 0U);
}

TEST(Holdings, GoesOnWithoutAGap) {
    Holdings holdings;
    holdings.extend(3, 0, 5);
    holdings.extend(3, 5, 7);
    holdings.extend(4, 5, 7);

    EXPECT_EQ(holdings.of(3), 7U);
    EXPECT_EQ(holdings.of(4), 0U);
}

}  // namespace
}  // namespace penstock::routing
