#include "penstock/net/tls_socket.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "tls_bench.h"

namespace penstock::net {
namespace {

using namespace test_tls;
using penstock::test::Authority;
using penstock::test::run_until;

/// A client whose socket the test looks after, against a transport.
class TlsSocketTest : public testing::Test {
protected:
    TlsSocketTest() : pair{test::socket_pair()}, transport{loop, pair.ours} {}

    ServerTlsOptions serving() {
        return {.certificates = {pair_of(authority.issue({.names = "DNS:a.test"}))}};
    }
    std::unique_ptr<TlsSocket> begin(const std::string& name = "a.test") {
        auto begun =
            TlsSocket::begin(pair.peer.fd(), {.server_name = name,
                                              .session = session,
                                              .alpn = {},
                                              .tls = client({.ca = {"ca.crt", authority.pem()}})});
        EXPECT_TRUE(begun.has_value());
        return std::move(*begun);
    }
    /// Runs both sides to their ends.
    TlsStep shake(TlsSocket& socket, const ServerTlsOptions& options) {
        Handshake theirs{handshake(loop, transport, server(options), Millis{30'000})};
        TlsStep step = TlsStep::wants_read;
        EXPECT_TRUE(run_until(loop, [&] {
            if (step == TlsStep::wants_read) step = socket.handshake();
            return step != TlsStep::wants_read && theirs.done();
        }));
        return step;
    }
    std::string read(TlsSocket& socket, TlsStep until) {
        std::string all;
        EXPECT_TRUE(run_until(loop, [&] {
            std::array<char, 64> room{};
            const TlsSocket::Moved moved = socket.read(room);
            all.append(room.data(), moved.bytes);
            return moved.step == until;
        }));
        return all;
    }

    Loop loop;
    test::SocketPair pair;
    Transport transport;
    Authority authority;
    std::shared_ptr<TlsSessionSlot> session = make_tls_session_slot();
};

TEST_F(TlsSocketTest, CarriesBothWays) {
    const auto socket = begin();
    ASSERT_EQ(shake(*socket, serving()), TlsStep::done);

    const TlsSocket::Moved written = socket->write("question");
    const std::array<std::string_view, 1> answer{"answer"};
    ASSERT_EQ(transport.try_write(answer), 6);

    EXPECT_EQ(written.step, TlsStep::done);
    EXPECT_EQ(written.bytes, 8U);
    std::string got;
    EXPECT_TRUE(run_until(loop, [&] {
        got += transport.try_read().bytes;
        return got == "question";
    }));
    EXPECT_EQ(read(*socket, TlsStep::wants_read), "answer");
}

TEST_F(TlsSocketTest, TellsThePeersEnd) {
    const auto socket = begin();
    ASSERT_EQ(shake(*socket, serving()), TlsStep::done);

    transport.shut_down_write();

    EXPECT_EQ(read(*socket, TlsStep::end), "");
}

TEST_F(TlsSocketTest, TakesAnEndWithoutAWordForAFailure) {
    const auto socket = begin();
    ASSERT_EQ(shake(*socket, serving()), TlsStep::done);

    transport.abort();

    EXPECT_EQ(read(*socket, TlsStep::failed), "");
}

TEST_F(TlsSocketTest, IsQuietWithTicketsButNotWithBytes) {
    const auto socket = begin();
    ASSERT_EQ(shake(*socket, serving()), TlsStep::done);

    EXPECT_TRUE(socket->quiet());
    const std::array<std::string_view, 1> stray{"stray"};
    ASSERT_EQ(transport.try_write(stray), 5);

    EXPECT_FALSE(socket->quiet());
}

TEST_F(TlsSocketTest, SaysWhyItDoesNotBelieveAServer) {
    const auto socket = begin("b.test");

    ASSERT_EQ(shake(*socket, serving()), TlsStep::failed);

    EXPECT_EQ(socket->failure().code(), ErrorCode::tls_verification_failed);
    EXPECT_EQ(socket->failure().detail(),
              "the peer's certificate is for a.test, not for the name asked for");
}

TEST_F(TlsSocketTest, SaysThatTheServerWantsACertificate) {
    ServerTlsOptions strict = serving();
    strict.client_certificate = ClientCertificate::required;
    strict.client_ca = {"ca.crt", authority.pem()};
    const auto socket = begin();
    ASSERT_EQ(shake(*socket, strict), TlsStep::done);  // its word comes later

    EXPECT_EQ(read(*socket, TlsStep::failed), "");

    EXPECT_NE(socket->failure().detail().find("certificate required"), std::string_view::npos)
        << socket->failure().detail();
}

}  // namespace
}  // namespace penstock::net
