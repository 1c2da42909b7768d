#include "connection_credit.h"

#include <gtest/gtest.h>

namespace penstock::h2 {
namespace {

TEST(ConnectionCredit, GivesBackAtOnceUntilTooMuchLiesUnread) {
    ConnectionCredit credit{100};
    EXPECT_EQ(credit.received(60), 60U);
    EXPECT_EQ(credit.received(40), 40U);
    EXPECT_EQ(credit.received(30), 0U);
}

TEST(ConnectionCredit, GivesBackWhatItHasWithheldAsBytesAreRead) {
    ConnectionCredit credit{100};
    static_cast<void>(credit.received(100));
    static_cast<void>(credit.received(30));
    EXPECT_EQ(credit.released(20), 20U);
    EXPECT_EQ(credit.released(50), 10U);  // the rest was given back when it came
    EXPECT_EQ(credit.released(60), 0U);
    EXPECT_EQ(credit.received(100), 100U);
}

}  // namespace
}  // namespace penstock::h2
