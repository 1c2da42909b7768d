#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/net/tls.h"
#include "tls_bench.h"

namespace penstock::net {
namespace {

using test::Authority;
using test::Issued;
using Where = TlsProblem::Where;

class TlsFiles : public testing::Test {
protected:
    static ServerTls::Loaded load(const std::string& certificate, const std::string& key) {
        return ServerTls::load({.certificates = {{{"a.crt", certificate}, {"a.key", key}}}},
                               make_tls_ticket_keys());
    }
    static void expect_problem(const ServerTls::Loaded& loaded, Where where,
                               const std::string& message) {
        EXPECT_EQ(loaded.tls, nullptr);
        ASSERT_EQ(loaded.problems.size(), 1U);
        EXPECT_EQ(loaded.problems[0].where, where);
        EXPECT_EQ(loaded.problems[0].message, message);
        EXPECT_FALSE(loaded.problems[0].warning);
    }

    Authority authority;
    Issued good = authority.issue({.names = "DNS:a.test,DNS:*.B.test,IP:10.0.0.1"});
};

TEST_F(TlsFiles, TellsOfEachCertificateWhatIsInIt) {
    const ServerTls::Loaded loaded = load(good.certificate, good.key);

    ASSERT_NE(loaded.tls, nullptr);
    EXPECT_TRUE(loaded.problems.empty());
    ASSERT_EQ(loaded.tls->certificates().size(), 1U);
    const TlsCertificate& certificate = loaded.tls->certificates()[0];
    EXPECT_EQ(certificate.path, "a.crt");
    EXPECT_THAT(certificate.names, testing::ElementsAre("a.test", "*.b.test", "10.0.0.1"));
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    EXPECT_GT(certificate.not_after, now + 23 * 3600);
    EXPECT_LE(certificate.not_after, now + 24 * 3600);
}

TEST_F(TlsFiles, FallsBackOnTheCommonNameOfACertificateWithoutOthers) {
    const Issued plain = authority.issue({.common_name = "old.test"});

    EXPECT_THAT(load(plain.certificate, plain.key).tls->certificates()[0].names,
                testing::ElementsAre("old.test"));
}

TEST_F(TlsFiles, SaysThatAFileHoldsNoCertificate) {
    expect_problem(load("no PEM", good.key), Where::certificate,
                   "\"a.crt\" holds no certificate in PEM format");
}

TEST_F(TlsFiles, SaysThatAFileHoldsNoKey) {
    expect_problem(load(good.certificate, good.certificate), Where::key,
                   "\"a.key\" holds no private key in PEM format");
}

TEST_F(TlsFiles, SaysThatTheKeyIsAnothers) {
    const Issued other = authority.issue({});

    expect_problem(load(good.certificate, other.key), Where::key,
                   "the key in \"a.key\" does not belong to the certificate in \"a.crt\"");
}

TEST_F(TlsFiles, DoesNotAskTheTerminalForAPassword) {
    const test::Issued locked = test::with_password(good, "secret");

    expect_problem(load(locked.certificate, locked.key), Where::key,
                   "\"a.key\" is encrypted: a key without a password is needed");
}

TEST_F(TlsFiles, WarnsOfACertificateThatHasExpired) {
    const Issued old = authority.issue({.from_seconds = -7200, .to_seconds = -3600});

    const ServerTls::Loaded loaded = load(old.certificate, old.key);

    ASSERT_NE(loaded.tls, nullptr);
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_TRUE(loaded.problems[0].warning);
    EXPECT_EQ(loaded.problems[0].message, "the certificate in \"a.crt\" has expired");
}

TEST_F(TlsFiles, WarnsOfACertificateOfTheFuture) {
    const Issued early = authority.issue({.from_seconds = 3600});

    EXPECT_EQ(load(early.certificate, early.key).problems.at(0).message,
              "the certificate in \"a.crt\" is not valid yet");
}

TEST_F(TlsFiles, SaysWhichOfSeveralIsWrong) {
    const auto loaded = ServerTls::load(
        {.certificates = {test_tls::pair_of(good), {{"b.crt", "x"}, {"b.key", good.key}}}},
        make_tls_ticket_keys());

    EXPECT_EQ(loaded.tls, nullptr);
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems[0].index, 1U);
}

TEST_F(TlsFiles, SaysThatAFileHoldsNoAuthority) {
    const auto loaded = ServerTls::load({.certificates = {test_tls::pair_of(good)},
                                         .client_certificate = ClientCertificate::optional,
                                         .client_ca = {"ca.crt", "x"}},
                                        make_tls_ticket_keys());

    expect_problem(loaded, Where::ca, "\"ca.crt\" holds no certificate in PEM format");
}

TEST_F(TlsFiles, NeedsACertificateToServe) {
    EXPECT_EQ(ServerTls::load({}, make_tls_ticket_keys()).tls, nullptr);
}

TEST_F(TlsFiles, SaysThatAClientsOwnKeyIsAnothers) {
    const ClientTls::Loaded loaded = ClientTls::load(
        {.own = {{"own.crt", good.certificate}, {"own.key", authority.issue({}).key}}});

    EXPECT_EQ(loaded.tls, nullptr);
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems[0].where, Where::key);
}

}  // namespace
}  // namespace penstock::net
