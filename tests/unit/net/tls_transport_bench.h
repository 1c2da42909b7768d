// A transport with TLS for tests, whose peer they play by hand.
#pragma once

#include "tls_bench.h"

namespace penstock::net::test_tls {

/// Some text that is nowhere the same for long.
inline std::string text_of(std::size_t bytes) {
    std::string text;
    for (std::uint32_t i = 0; text.size() < bytes; ++i) text += std::to_string(i * 2654435761U);
    text.resize(bytes);
    return text;
}

/// What both kinds of test need: authority and both sides' options.
struct Sides {
    Sides() {
        const test::Issued issued = authority.issue({.names = "DNS:a.test"});
        server_tls = server({.certificates = {pair_of(issued)}});
        client_tls = client({.ca = {"ca.crt", authority.pem()}});
    }
    test::Authority authority;
    std::shared_ptr<const ServerTls> server_tls;
    std::shared_ptr<const ClientTls> client_tls;
};

/// A transport with TLS; its peer is OpenSSL, and the test carries the ciphertext.
class ByHandTest : public testing::Test, protected Sides {
protected:
    explicit ByHandTest(int buffer = 0, int version = TLS1_3_VERSION) {
        test::SocketPair pair = test::socket_pair(buffer);
        wire = std::move(pair.peer);
        transport.emplace(loop, pair.ours);
        SSL_set_max_proto_version(peer.ssl(), version);
    }
    void SetUp() override {
        ASSERT_TRUE(shake_by_hand(loop, *transport, server_tls, peer, wire));
        test::turn(loop);
        wire.read();
        peer.incoming(wire.take());
    }
    std::string read_all() {
        std::string all;
        for (ReadBytes read = transport->try_read();; read = transport->try_read()) {
            last = read.state;
            if (last != IoState::bytes) return all;
            all += read.bytes;
        }
    }
    /// What the peer makes of all that has come to it.
    std::string peer_reads() {
        wire.read();
        peer.incoming(wire.take());
        return peer.open();
    }

    Loop loop;
    ByHand peer;
    test::Peer wire;
    std::optional<Transport> transport;
    IoState last = IoState::would_block;
};

}  // namespace penstock::net::test_tls
