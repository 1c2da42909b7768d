#include "tls_session.h"

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class TlsSession : public testing::Test {
protected:
    TimePoint start{hours{1000}};
    SslSessionPtr session{SSL_SESSION_new()};
};

TEST_F(TlsSession, IsOfNoUseWithoutAFirstHandshake) {
    EXPECT_FALSE(first_handshake_of(*session).has_value());
    EXPECT_FALSE(may_resume(*session, start));
}

TEST_F(TlsSession, MayBeResumedForADay) {
    ASSERT_TRUE(note_first_handshake(*session, start));

    EXPECT_TRUE(may_resume(*session, start));
    EXPECT_TRUE(may_resume(*session, start + hours{24} - seconds{1}));
    EXPECT_FALSE(may_resume(*session, start + hours{24}));
}

TEST_F(TlsSession, KeepsTheTimeOfItsFirstHandshakeWhenItIsSealedAgain) {
    ASSERT_TRUE(note_first_handshake(*session, start));

    ASSERT_TRUE(note_first_handshake(*session, start + hours{23}));

    EXPECT_EQ(first_handshake_of(*session), start);
    EXPECT_FALSE(may_resume(*session, start + hours{24}));
}

TEST_F(TlsSession, HasATimelyPeerWhereItHasNone) {
    EXPECT_TRUE(peer_is_timely(*session));
}

}  // namespace
}  // namespace penstock::net
