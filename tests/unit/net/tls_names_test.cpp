// Which names of a certificate count, and which certificate for which name.
#include <gtest/gtest.h>

#include "tls_bench.h"

namespace penstock::net {
namespace {

using namespace test_tls;

using TlsNames = TlsTest;

TEST_F(TlsNames, AsksForAHostWithoutTheDotThatEndsIt) {
    ends.shake(server(serving()), client(trusting()), {"a.test.", nullptr, {}});

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->tls_facts().peer_names, Names{"a.test"});
}

TEST_F(TlsNames, PicksTheCertificateByItsCommonNameWithoutCase) {
    ServerTlsOptions options = serving("DNS:first.test");
    options.certificates.push_back(pair_of(authority.issue({.common_name = "CnOnly.Test"})));
    ClientTlsOptions any = trusting();
    any.names = {"*"};

    ends.shake(server(options), client(any), {"cnonly.test", nullptr, {}});

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->tls_facts().peer_names, Names{"CnOnly.Test"});
}

TEST_F(TlsNames, ShowsTheFirstOfTwoCertificatesForOneNameWithOneKindOfKey) {
    ServerTlsOptions options = serving("DNS:other.test");
    for (const char* subject : {"one", "two"}) {
        options.certificates.push_back(
            pair_of(authority.issue({.common_name = subject, .names = "DNS:a.test,DNS:a.test"})));
    }

    ends.shake(server(options), client(trusting()));

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->tls_facts().peer_subject, "CN=one");
}

TEST_F(TlsNames, KnowsAllNamesOfAClientThatAreAllowed) {
    const std::string several = "DNS:else.test,DNS:one.robots.test,URI:spiffe://x/y";
    for (const auto& [wanted, known] : std::vector<std::pair<Names, Names>>{
             {{}, {"else.test", "one.robots.test", "spiffe://x/y"}},
             {{"spiffe://x/*", "*.robots.test"}, {"one.robots.test", "spiffe://x/y"}}}) {
        ServerTlsOptions options = asking_for_certificates(ClientCertificate::required);
        options.client_names = wanted;
        Ends each;

        each.shake(server(options), client(presenting(authority.issue({.names = several}))));

        ASSERT_TRUE(each.good());
        EXPECT_EQ(each.server->tls_facts().peer_names, known);
    }
}

}  // namespace
}  // namespace penstock::net
