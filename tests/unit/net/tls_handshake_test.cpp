#include <gtest/gtest.h>

#include "tls_bench.h"

namespace penstock::net {
namespace {

using test::Authority;
using test::Issued;
using namespace test_tls;

/// One record cut into many.
std::string in_records_of(std::size_t size, const std::string& record) {
    constexpr std::size_t k_head = 5;
    std::string all;
    for (std::size_t at = k_head; at < record.size(); at += size) {
        const std::string piece = record.substr(at, size);
        all += record.substr(0, 3) + '\0' + static_cast<char>(piece.size()) + piece;
    }
    return all;
}

class TlsHandshake : public TlsTest {
protected:
    void expect_client_refuses(const std::shared_ptr<const ServerTls>& server_tls,
                               const ClientTlsOptions& options,
                               const ClientHandshake& with = {"a.test", nullptr, {}}) {
        ends.shake(server_tls, client(options), with);
        ASSERT_TRUE(ends.client_result->has_error());
        EXPECT_EQ(ends.client_result->error().code(), ErrorCode::tls_verification_failed);
        EXPECT_EQ(ends.client->tls_outcome(), TlsOutcome::certificate_refused);
        EXPECT_FALSE(ends.server_result->has_value() && ends.client->open());
    }
};

TEST_F(TlsHandshake, SettlesTls13BetweenTwoThatAgree) {
    ends.shake(server(serving()), client(trusting()));

    ASSERT_TRUE(ends.good());
    EXPECT_TRUE(ends.server->encrypted());
    EXPECT_EQ(ends.server->tls_facts().version, TlsVersion::tls_1_3);
    EXPECT_EQ(ends.server->tls_outcome(), TlsOutcome::completed);
    EXPECT_EQ(ends.client->tls_facts().peer_names, Names{"a.test"});
    EXPECT_EQ(ends.client->tls_facts().peer_subject, "CN=somebody");
    EXPECT_EQ(ends.server->tls_facts().peer_names, Names{});
}

TEST_F(TlsHandshake, RefusesAServerOfAnotherName) {
    expect_client_refuses(server(serving("DNS:b.test,DNS:c.test")), trusting());
    EXPECT_EQ(ends.client_result->error().detail(),
              "the peer's certificate is for b.test, c.test, not for the name asked for");
}

TEST_F(TlsHandshake, TellsFewOfManyNames) {
    expect_client_refuses(server(serving("DNS:b.test,DNS:c.test,DNS:d.test,DNS:e.test,DNS:f.test")),
                          trusting());
    EXPECT_EQ(ends.client_result->error().detail(),
              "the peer's certificate is for b.test, c.test, d.test, e.test, ..., not for the name "
              "asked for");
}

TEST_F(TlsHandshake, RefusesAServerAtAnotherAddress) {
    expect_client_refuses(server(serving("IP:127.0.0.2")), trusting(), {"127.0.0.1", nullptr, {}});
}

TEST_F(TlsHandshake, VerifiesAServerByItsAddress) {
    ends.shake(server(serving("IP:127.0.0.1")), client(trusting()), {"127.0.0.1", nullptr, {}});

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->tls_facts().peer_names, Names{"127.0.0.1"});
}

TEST_F(TlsHandshake, RefusesAServerWhoseCertificateHasExpired) {
    const Issued old =
        authority.issue({.names = "DNS:a.test", .from_seconds = -7200, .to_seconds = -3600});

    expect_client_refuses(server({.certificates = {pair_of(old)}}), trusting());
    EXPECT_EQ(ends.client_result->error().detail(),
              "the peer's certificate: certificate has expired");
}

TEST_F(TlsHandshake, RefusesAServerOfAnotherAuthority) {
    const Authority other{"Other"};

    expect_client_refuses(server(serving()), {.ca = {"other.crt", other.pem()}});
    EXPECT_EQ(ends.client_result->error().detail(),
              "the peer's certificate is signed by nobody who is trusted here: unable to get local "
              "issuer certificate");
}

TEST_F(TlsHandshake, RefusesAServerThatTheSystemsStoreDoesNotKnow) {
    expect_client_refuses(server(serving()), {});
}

TEST_F(TlsHandshake, RefusesToVerifyNothing) {
    ends.shake(server(serving()), client(trusting()), {"", nullptr, {}});

    ASSERT_TRUE(ends.client_result->has_error());
    EXPECT_EQ(ends.client_result->error().code(), ErrorCode::tls_verification_failed);
}

TEST_F(TlsHandshake, BelievesAnybodyOnlyWhenToldTo) {
    const Authority other;

    ends.shake(server(serving("DNS:b.test")), client({.ca = {"o", other.pem()}, .insecure = true}));

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->tls_facts().peer_names, Names{});
}

TEST_F(TlsHandshake, TakesAServerByAPinnedNameInsteadOfItsHost) {
    ClientTlsOptions options = trusting();
    options.names = {"spiffe://cluster/ns/*/sa/engine"};

    ends.shake(server(serving("URI:spiffe://cluster/ns/llm/sa/engine")), client(options));

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->tls_facts().peer_names, Names{"spiffe://cluster/ns/llm/sa/engine"});
}

TEST_F(TlsHandshake, RefusesAServerWithoutThePinnedName) {
    ClientTlsOptions options = trusting();
    options.names = {"spiffe://cluster/ns/*/sa/engine"};

    expect_client_refuses(server(serving()), options);
    EXPECT_EQ(ends.client_result->error().detail(),
              "the peer's certificate is for a.test, which is not among the names allowed");
}

TEST_F(TlsHandshake, TrustsAnIntermediateAuthorityAlone) {
    const Authority between{authority, "Between"};
    const Issued leaf = between.issue({.names = "DNS:a.test"});

    ends.shake(server({.certificates = {pair_of(leaf)}}), client({.ca = {"ca", between.pem()}}));

    EXPECT_TRUE(ends.good());
}

TEST_F(TlsHandshake, SendsTheChainThatTheFileHolds) {
    const Authority between{authority, "Between"};
    Issued leaf = between.issue({.names = "DNS:a.test"});
    leaf.certificate += between.pem();

    ends.shake(server({.certificates = {pair_of(leaf)}}), client(trusting()));

    EXPECT_TRUE(ends.good());
}

TEST_F(TlsHandshake, PicksTheCertificateByTheNameAskedFor) {
    ServerTlsOptions options = serving("DNS:first.test");
    for (const char* names : {"DNS:a.test,DNS:b.test", "DNS:*.wild.test"}) {
        options.certificates.push_back(pair_of(authority.issue({.names = names})));
    }
    const auto tls = server(options);
    for (const auto& [asked, shown] :
         std::vector<std::pair<std::string, std::string>>{{"a.test", "a.test"},
                                                          {"B.test", "a.test"},
                                                          {"x.wild.test", "*.wild.test"},
                                                          {"x.y.wild.test", "first.test"},
                                                          {"wild.test", "first.test"},
                                                          {"unknown.test", "first.test"}}) {
        ClientTlsOptions any = trusting();
        any.names = {"*"};
        Ends each;

        each.shake(tls, client(any), {asked, nullptr, {}});

        ASSERT_TRUE(each.good()) << asked;
        EXPECT_EQ(each.client->tls_facts().peer_names.at(0), shown) << asked;
    }
}

TEST_F(TlsHandshake, ShowsAStrangerTheFirstCertificateWhateverItsKeyIs) {
    ServerTlsOptions options = serving("DNS:unused.test");
    options.certificates = {
        pair_of(authority.issue({.names = "DNS:first.test", .rsa = true})),
        pair_of(authority.issue({.names = "DNS:other.test"})),  // clients would rather have ECDSA
    };
    ClientTlsOptions any = trusting();
    any.names = {"*"};

    ends.shake(server(options), client(any), {"unknown.test", nullptr, {}});

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->tls_facts().peer_names, Names{"first.test"});
}

TEST_F(TlsHandshake, ChoosesBetweenTwoKindsOfKeyForOneName) {
    ServerTlsOptions options = serving("DNS:other.test");
    options.certificates.push_back(pair_of(authority.issue({.names = "DNS:a.test", .rsa = true})));
    options.certificates.push_back(pair_of(authority.issue({.names = "DNS:a.test"})));
    const auto tls = server(options);

    for (const char* kind : {"rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256"}) {
        ByHand peer;
        peer.ask_for("a.test");
        SSL_set1_sigalgs_list(peer.ssl(), kind);
        test::SocketPair pair = test::socket_pair();
        Transport transport{ends.loop, pair.ours};

        EXPECT_TRUE(shake_by_hand(ends.loop, transport, tls, peer, pair.peer)) << kind;
    }
}

TEST_F(TlsHandshake, SettlesTheProtocolThatTheServerLikesBest) {
    ServerTlsOptions ours = serving();
    ours.alpn = {"h2", "http/1.1"};
    ClientTlsOptions theirs = trusting();
    theirs.alpn = {"http/1.1", "h2"};

    ends.shake(server(ours), client(theirs));

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.server->alpn(), "h2");
    EXPECT_EQ(ends.client->alpn(), "h2");
}

TEST_F(TlsHandshake, AsksForAProtocolOfItsOwnOnce) {
    ServerTlsOptions ours = serving();
    ours.alpn = {"h2", "http/1.1"};
    ClientTlsOptions theirs = trusting();
    theirs.alpn = {"h2"};

    ends.shake(server(ours), client(theirs),
               {.server_name = "a.test", .session = nullptr, .alpn = {"http/1.1"}});

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.client->alpn(), "http/1.1");
}

TEST_F(TlsHandshake, SettlesNoProtocolWithAClientThatNamesNone) {
    ServerTlsOptions ours = serving();
    ours.alpn = {"h2", "http/1.1"};

    ends.shake(server(ours), client(trusting()));

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.server->alpn(), "");
}

TEST_F(TlsHandshake, RefusesAClientOfOtherProtocolsWithTheAlertForIt) {
    ServerTlsOptions ours = serving();
    ours.alpn = {"h2", "http/1.1"};
    ClientTlsOptions theirs = trusting();
    theirs.alpn = {"spdy/1"};

    ends.shake(server(ours), client(theirs));

    ASSERT_TRUE(ends.server_result->has_error());
    EXPECT_EQ(ends.server->tls_outcome(), TlsOutcome::no_common_protocol);
    ASSERT_TRUE(ends.client_result->has_error());
    EXPECT_EQ(ends.client->tls_outcome(), TlsOutcome::refused_by_peer);
    EXPECT_NE(ends.client_result->error().detail().find("no application protocol"),
              std::string_view::npos);
}

TEST_F(TlsHandshake, KnowsAClientByItsCertificate) {
    const Issued own = authority.issue({.common_name = "robot", .names = "DNS:robot.test"});

    ends.shake(server(asking_for_certificates(ClientCertificate::required)),
               client(presenting(own)));

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.server->tls_facts().peer_names, Names{"robot.test"});
    EXPECT_EQ(ends.server->tls_facts().peer_subject, "CN=robot");
}

TEST_F(TlsHandshake, RefusesAClientWithoutTheCertificateThatIsRequired) {
    ends.shake(server(asking_for_certificates(ClientCertificate::required)), client(trusting()));

    ASSERT_TRUE(ends.server_result->has_error());
    EXPECT_EQ(ends.server_result->error().code(), ErrorCode::tls_verification_failed);
    EXPECT_EQ(ends.server->tls_outcome(), TlsOutcome::certificate_missing);
}

TEST_F(TlsHandshake, LetsAClientWithoutCertificateInWhereItIsOptional) {
    ends.shake(server(asking_for_certificates(ClientCertificate::optional)), client(trusting()));

    ASSERT_TRUE(ends.good());
    EXPECT_EQ(ends.server->tls_facts().peer_names, Names{});
}

TEST_F(TlsHandshake, RefusesAnUntrustedCertificateEvenWhereItIsOptional) {
    const Authority other;

    ends.shake(server(asking_for_certificates(ClientCertificate::optional)),
               client(presenting(other.issue({.names = "DNS:robot.test"}))));

    ASSERT_TRUE(ends.server_result->has_error());
    EXPECT_EQ(ends.server->tls_outcome(), TlsOutcome::certificate_refused);
}

TEST_F(TlsHandshake, RefusesAClientWhoseNameIsNotAllowed) {
    ServerTlsOptions options = asking_for_certificates(ClientCertificate::required);
    options.client_names = {"*.robots.test", "human.test"};
    const auto tls = server(options);
    for (const auto& [names, allowed] :
         std::vector<std::pair<std::string, bool>>{{"DNS:one.robots.test", true},
                                                   {"DNS:else.test,DNS:human.test", true},
                                                   {"DNS:robots.test", false},
                                                   {"DNS:human.test.evil", false}}) {
        Ends each;

        each.shake(tls, client(presenting(authority.issue({.names = names}))));

        EXPECT_EQ(each.server_result->has_value(), allowed) << names;
    }
}

TEST_F(TlsHandshake, SaysThatAPeerOfOlderVersionsOnlyIsTooOld) {
    ByHand old;
    SSL_set_min_proto_version(old.ssl(), TLS1_VERSION);
    SSL_set_max_proto_version(old.ssl(), TLS1_1_VERSION);
    SSL_set_security_level(old.ssl(), 0);
    SSL_set_cipher_list(old.ssl(), "ALL:@SECLEVEL=0");
    test::SocketPair pair = test::socket_pair();
    Transport transport{ends.loop, pair.ours};
    old.shake();
    pair.peer.send(old.outgoing());

    Handshake shaken{handshake(ends.loop, transport, server(serving()), Millis{30'000})};
    ASSERT_TRUE(test::run_until(ends.loop, [&] { return shaken.done(); }));

    EXPECT_TRUE(shaken.take().has_error());
    EXPECT_EQ(transport.tls_outcome(), TlsOutcome::no_common_version);
}

TEST_F(TlsHandshake, TellsPlainHttpFromTls) {
    test::SocketPair pair = test::socket_pair();
    Transport transport{ends.loop, pair.ours};
    pair.peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");

    Handshake shaken{handshake(ends.loop, transport, server(serving()), Millis{30'000})};
    ASSERT_TRUE(test::run_until(ends.loop, [&] { return shaken.done(); }));

    EXPECT_EQ(shaken.take().error().code(), ErrorCode::tls_handshake_failed);
    EXPECT_EQ(transport.tls_outcome(), TlsOutcome::not_tls);
    EXPECT_FALSE(transport.encrypted());
}

TEST_F(TlsHandshake, RefusesAMessageThatIsSaidToBeTooLong) {
    test::SocketPair pair = test::socket_pair();
    Transport transport{ends.loop, pair.ours};
    const char claims_128_kib[] = {22, 3, 1, 0x40, 0, 1, 2, 0, 0};
    pair.peer.send({claims_128_kib, sizeof claims_128_kib});

    Handshake shaken{handshake(ends.loop, transport, server(serving()), Millis{30'000})};
    ASSERT_TRUE(test::run_until(ends.loop, [&] { return shaken.done(); }));

    EXPECT_TRUE(shaken.take().has_error());
    EXPECT_EQ(transport.tls_outcome(), TlsOutcome::message_too_large);
}

TEST_F(TlsHandshake, RefusesAClientWhoseCertificatesAreTooLong) {
    Issued own = authority.issue({.names = "DNS:robot.test"});
    constexpr std::size_t k_chain = 40 * 1024;  // in PEM's text, a third more than its bytes
    while (own.certificate.size() < k_chain * 4 / 3) own.certificate += authority.pem();

    ends.shake(server(asking_for_certificates(ClientCertificate::required)),
               client(presenting(own)));

    ASSERT_TRUE(ends.server_result->has_error());
    EXPECT_EQ(ends.server->tls_outcome(), TlsOutcome::message_too_large);
}

TEST_F(TlsHandshake, TakesAHelloInSmallRecordsButNotInTheSmallest) {
    for (const auto& [size, good] :
         std::vector<std::pair<std::size_t, bool>>{{8, true}, {1, false}}) {
        ByHand peer;
        peer.ask_for("a-name-so-long-that-the-hello-has-more-bytes-than-there-may-be-records.test");
        test::SocketPair pair = test::socket_pair();
        Transport transport{ends.loop, pair.ours};
        Handshake shaken{handshake(ends.loop, transport, server(serving()), Millis{30'000})};
        peer.shake();
        pair.peer.send(in_records_of(size, peer.outgoing()));
        ASSERT_TRUE(test::run_until(ends.loop, [&] {
            pair.peer.read();
            peer.incoming(pair.peer.take());
            peer.shake();
            pair.peer.send(peer.outgoing());
            return shaken.done();
        }));

        const Result<void> result = shaken.take();
        EXPECT_EQ(result.has_value(), good) << size;
        if (good) continue;
        EXPECT_EQ(transport.tls_outcome(), TlsOutcome::protocol_error);
        EXPECT_EQ(result.error().detail(), "the peer has sent too many TLS records without data");
    }
}

TEST_F(TlsHandshake, EndsWithThePeerThatGoesAway) {
    test::SocketPair pair = test::socket_pair();
    Transport transport{ends.loop, pair.ours};
    Handshake shaken{handshake(ends.loop, transport, server(serving()), Millis{30'000})};
    test::turn(ends.loop);
    EXPECT_FALSE(shaken.done());

    pair.peer.close();
    ASSERT_TRUE(test::run_until(ends.loop, [&] { return shaken.done(); }));

    EXPECT_TRUE(shaken.take().has_error());
    EXPECT_EQ(transport.tls_outcome(), TlsOutcome::peer_closed);
}

TEST_F(TlsHandshake, EndsAtItsDeadline) {
    test::SocketPair pair = test::socket_pair();
    Transport transport{ends.loop, pair.ours};

    Handshake shaken{handshake(ends.loop, transport, server(serving()), Millis{1})};
    ASSERT_TRUE(test::run_until(ends.loop, [&] { return shaken.done(); }));

    EXPECT_EQ(shaken.take().error().code(), ErrorCode::tls_handshake_failed);
    EXPECT_EQ(transport.tls_outcome(), TlsOutcome::timed_out);
}

TEST_F(TlsHandshake, MayBeGivenUp) {
    test::SocketPair pair = test::socket_pair();
    Transport transport{ends.loop, pair.ours};
    {
        const Handshake shaken{handshake(ends.loop, transport, server(serving()), Millis{30'000})};
        test::turn(ends.loop);
    }
    pair.peer.send("x");
    test::turn(ends.loop);
    EXPECT_FALSE(transport.encrypted());
}

TEST_F(TlsHandshake, ComesThroughByteByByte) {
    const auto tls = server(serving());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        ByHand peer;
        SSL_set_max_proto_version(peer.ssl(), version);
        test::SocketPair pair = test::socket_pair();
        Transport transport{ends.loop, pair.ours};
        Handshake shaken{handshake(ends.loop, transport, tls, Millis{30'000})};
        bool peer_done = false;
        for (int rounds = 0; rounds < 20 && !(peer_done && shaken.done()); ++rounds) {
            peer_done = peer.shake();
            for (const char byte : peer.outgoing()) {
                pair.peer.send({&byte, 1});
                test::turn(ends.loop, 1);
            }
            pair.peer.read();
            peer.incoming(pair.peer.take());
        }
        ASSERT_TRUE(shaken.done());
        EXPECT_TRUE(shaken.take().has_value());
        EXPECT_EQ(transport.tls_facts().version,
                  version == TLS1_2_VERSION ? TlsVersion::tls_1_2 : TlsVersion::tls_1_3);
    }
}

}  // namespace
}  // namespace penstock::net
