// Sessions that are taken up again, and those that must not be.
#include <gtest/gtest.h>

#include "tls_bench.h"
#include "tls_client.h"
#include "tls_server.h"
#include "tls_session.h"

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

    /// Certificates count as if it were always their time.
    static void let_time_pass_by(SSL_CTX& context) {
        X509_STORE_set_flags(SSL_CTX_get_cert_store(&context), X509_V_FLAG_NO_CHECK_TIME);
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

// A request in early data can be sent again by whoever saw it (RFC 8446 8).
TEST_F(TlsResumption, AllowsNoEarlyData) {
    EXPECT_EQ(connect(server(serving()), client(trusting())).version, TlsVersion::tls_1_3);

    ASSERT_NE(slot->newest, nullptr);
    EXPECT_EQ(SSL_SESSION_get_max_early_data(slot->newest.get()), 0U);
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
    EXPECT_EQ(again.peer_names, Names{"robot.test"});
}

TEST_F(TlsResumption, IsNotForAClientWhoseCertificateHasExpiredMeanwhile) {
    const auto ours = server(asking_for_certificates(ClientCertificate::required));
    const auto theirs = client(presenting(
        authority.issue({.names = "DNS:robot.test", .from_seconds = -7200, .to_seconds = -3600})));
    let_time_pass_by(*ours->impl().context);  // the first handshake was before
    EXPECT_EQ(connect(ours, theirs).peer_names, Names{"robot.test"});

    const TlsFacts again = connect(ours, theirs);

    EXPECT_EQ(again.peer_names, Names{"robot.test"});
    EXPECT_FALSE(again.resumed);
}

TEST_F(TlsResumption, IsNotOfferedToAServerWhoseCertificateHasExpiredMeanwhile) {
    const auto ours =
        server({.certificates = {pair_of(authority.issue(
                    {.names = "DNS:a.test", .from_seconds = -7200, .to_seconds = -1}))}});
    const auto theirs = client(trusting());
    let_time_pass_by(*theirs->impl().context);
    EXPECT_EQ(connect(ours, theirs).version, TlsVersion::tls_1_3);

    EXPECT_FALSE(connect(ours, theirs).resumed);
}

TEST_F(TlsResumption, CarriesTheTimeOfTheFirstHandshakeFromTicketToTicket) {
    const auto ours = server(serving());
    const auto theirs = client(trusting());
    const auto first_handshake = [&] {
        Ends each;
        each.shake(ours, theirs, {.server_name = "a.test", .session = slot, .alpn = {}});
        const std::string_view piece = "x";
        EXPECT_EQ(each.server->try_write({&piece, 1}), 1);
        EXPECT_EQ(each.read(*each.client, 1), "x");
        return first_handshake_of(*SSL_get0_session(each.server->tls().ssl()));
    };
    const std::optional<TimePoint> first = first_handshake();

    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first_handshake(), first);
    EXPECT_EQ(first_handshake(), first);
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
