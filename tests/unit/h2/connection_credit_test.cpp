#include "connection_credit.h"

#include <gtest/gtest.h>

namespace penstock::h2 {
namespace {

TEST(ConnectionCredit, GivesBackAtOnceUntilTooMuchLiesUnread) {
    SpareCredit none{0};
    ConnectionCredit credit{100, none};
    EXPECT_EQ(credit.received(60), 60U);
    EXPECT_EQ(credit.received(40), 40U);
    EXPECT_EQ(credit.received(1), 0U);
    EXPECT_EQ(credit.received(30), 0U);
}

TEST(ConnectionCredit, GivesBackWhatItWithheldAsItIsRead) {
    SpareCredit none{0};
    ConnectionCredit credit{100, none};
    static_cast<void>(credit.received(100));
    static_cast<void>(credit.received(50));
    EXPECT_EQ(credit.released(30), 30U);
    EXPECT_EQ(credit.released(30), 20U);
    EXPECT_EQ(credit.released(30), 0U);
    EXPECT_EQ(credit.received(40), 40U);
}

TEST(ConnectionCredit, BorrowsWhatOthersLeave) {
    SpareCredit spare{50};
    ConnectionCredit one{100, spare};
    ConnectionCredit other{100, spare};
    EXPECT_EQ(one.received(100), 100U);
    EXPECT_EQ(one.received(40), 40U);
    EXPECT_EQ(spare.left, 10U);
    EXPECT_EQ(other.received(100), 100U);  // its own, whatever the first one does
    EXPECT_EQ(other.received(20), 0U);
    EXPECT_EQ(other.received(10), 10U);
    EXPECT_EQ(spare.left, 0U);
}

TEST(ConnectionCredit, RepaysAsItIsReadAndAtItsEnd) {
    SpareCredit spare{50};
    {
        ConnectionCredit credit{100, spare};
        static_cast<void>(credit.received(100));
        static_cast<void>(credit.received(50));
        EXPECT_EQ(credit.released(20), 0U);
        EXPECT_EQ(spare.left, 20U);
    }
    EXPECT_EQ(spare.left, 50U);
}

}  // namespace
}  // namespace penstock::h2
