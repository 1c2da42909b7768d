// Sessions that are taken up again, and those that must not be.
#include <gtest/gtest.h>

#include "tls_bench.h"

namespace penstock::net {
namespace {

using test::Authority;
using namespace test_tls;

class TlsResumption : public TlsTest {
protected:
    /// One connection that goes as far as to have got a session.
    TlsFacts connect(const std::shared_ptr<const ServerTls>& to,
                     const std::shared_ptr<const ClientTls>& as,
                     const std::string& name = "a.test") {
        Ends each;
        each.shake(to, as, {name, slot});
        if (!each.good()) return {};
        const std::string_view piece = "x";
        EXPECT_EQ(each.server->try_write({&piece, 1}), 1);
        EXPECT_EQ(each.read(*each.client, 1), "x");  // the tickets come before it
        return each.server->tls_facts();
    }

    std::shared_ptr<TlsSessionSlot> slot = make_tls_session_slot();
};

TEST_F(TlsResumption, TakesUpASessionFromBefore) {
    const auto ours = server(serving());
    const auto theirs = client(trusting());

    EXPECT_FALSE(connect(ours, theirs).resumed);
    EXPECT_TRUE(connect(ours, theirs).resumed);
    EXPECT_TRUE(connect(ours, theirs).resumed);
}

TEST_F(TlsResumption, OutlivesANewCertificateWhereTheKeysDo) {
    const auto keys = make_tls_ticket_keys();
    const auto theirs = client(trusting());
    connect(ServerTls::load(serving(), keys).tls, theirs);

    EXPECT_TRUE(connect(ServerTls::load(serving(), keys).tls, theirs).resumed);
    EXPECT_FALSE(connect(server(serving()), theirs).resumed);  // keys of its own
}

TEST_F(TlsResumption, KnowsTheClientAgain) {
    const auto ours = server(asking_for_certificates(ClientCertificate::required));
    const auto theirs = client(presenting(authority.issue({.names = "DNS:robot.test"})));
    connect(ours, theirs);

    const TlsFacts again = connect(ours, theirs);

    EXPECT_TRUE(again.resumed);
    EXPECT_EQ(again.peer_name, "robot.test");
}

TEST_F(TlsResumption, DoesNotPassByNewRulesForClients) {
    const auto keys = make_tls_ticket_keys();
    ServerTlsOptions options = asking_for_certificates(ClientCertificate::required);
    const auto theirs = client(presenting(authority.issue({.names = "DNS:robot.test"})));
    connect(ServerTls::load(options, keys).tls, theirs);

    options.client_names = {"human.test"};
    Ends each;
    each.shake(ServerTls::load(options, keys).tls, theirs, {"a.test", slot});

    EXPECT_TRUE(each.server_result->has_error());
}

TEST_F(TlsResumption, IsNotOfferedUnderAnotherNameOrTrust) {
    const auto ours = server(serving("DNS:a.test,DNS:b.test"));
    const auto theirs = client(trusting());
    connect(ours, theirs);

    EXPECT_FALSE(connect(ours, theirs, "b.test").resumed);
    EXPECT_TRUE(connect(ours, theirs, "b.test").resumed);
    EXPECT_FALSE(connect(ours, client(trusting()), "b.test").resumed);
}

TEST_F(TlsResumption, DoesNotComeFromAConnectionThatANewTrustHasNotVerified) {
    const auto ours = server(serving());
    const Authority other{"Other"};
    const auto distrusting = client({.ca = {"other.crt", other.pem()}});
    const ClientHandshake with{.server_name = "a.test", .session = slot, .alpn = {}};
    ends.shake(ours, client(trusting()), with);
    ASSERT_TRUE(ends.good());
    Ends before;
    before.shake(ours, distrusting, with);
    ASSERT_TRUE(before.client_result->has_error());

    const std::string_view piece = "x";
    ASSERT_EQ(ends.server->try_write({&piece, 1}), 1);
    ASSERT_EQ(ends.read(*ends.client, 1), "x");  // the old connection's tickets come before it

    Ends after;
    after.shake(ours, distrusting, with);
    ASSERT_TRUE(after.client_result->has_error());
    EXPECT_EQ(after.client_result->error().code(), ErrorCode::tls_verification_failed);
}

TEST_F(TlsResumption, DoesNotComeFromAConnectionToAnotherName) {
    const auto ours = server(serving());
    const auto theirs = client(trusting());
    ends.shake(ours, theirs, {.server_name = "a.test", .session = slot, .alpn = {}});
    ASSERT_TRUE(ends.good());
    const ClientHandshake elsewhere{.server_name = "b.test", .session = slot, .alpn = {}};
    Ends before;
    before.shake(ours, theirs, elsewhere);
    ASSERT_TRUE(before.client_result->has_error());

    const std::string_view piece = "x";
    ASSERT_EQ(ends.server->try_write({&piece, 1}), 1);
    ASSERT_EQ(ends.read(*ends.client, 1), "x");

    Ends after;
    after.shake(ours, theirs, elsewhere);
    EXPECT_TRUE(after.client_result->has_error());
}

}  // namespace
}  // namespace penstock::net
