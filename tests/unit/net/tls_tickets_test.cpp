#include "tls_tickets.h"

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

using std::chrono::hours;

TEST(TlsTicketKeys, StayForADay) {
    const TimePoint start{};
    TlsTicketKeys keys{start};
    const auto first = keys.at(start)->current;

    EXPECT_EQ(keys.at(start + hours{23})->current, first);
    EXPECT_EQ(keys.at(start + hours{23})->previous, nullptr);
}

TEST(TlsTicketKeys, ArePreviousForAnotherDayAndThenForgotten) {
    const TimePoint start{};
    TlsTicketKeys keys{start};
    const auto first = keys.at(start)->current;

    const auto second = keys.at(start + hours{24});
    EXPECT_NE(second->current, first);
    EXPECT_EQ(second->previous, first);
    EXPECT_EQ(keys.at(start + hours{47}), second);

    EXPECT_EQ(keys.at(start + hours{48})->previous, second->current);
}

TEST(TlsTicketKeys, AreForgottenWhenNobodyCameForTwoDays) {
    const TimePoint start{};
    TlsTicketKeys keys{start};

    EXPECT_EQ(keys.at(start + hours{48})->previous, nullptr);
}

}  // namespace
}  // namespace penstock::net
