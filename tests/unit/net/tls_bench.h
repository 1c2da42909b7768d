// Both ends of a TLS connection for tests: two transports on one loop, and a peer whose ciphertext
// the test moves by hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "certificates.h"
#include "penstock/net/loop.h"
#include "penstock/net/tls.h"
#include "penstock/net/transport.h"
#include "socket_pair.h"

namespace penstock::net::test_tls {

using Names = std::vector<std::string>;

/// A key pair as options want it.
inline TlsKeyPair pair_of(const test::Issued& issued) {
    return {{"server.crt", issued.certificate}, {"server.key", issued.key}};
}

inline std::shared_ptr<const ServerTls> server(const ServerTlsOptions& options) {
    return ServerTls::load(options, make_tls_ticket_keys()).tls;
}

inline std::shared_ptr<const ClientTls> client(const ClientTlsOptions& options) {
    return ClientTls::load(options).tls;
}

/// A handshake that has been started on one end.
class Handshake {
public:
    explicit Handshake(Task<Result<void>> task) : task_{std::move(task)} {
        task_.start([](void*) {}, nullptr);
    }
    [[nodiscard]] bool done() const { return task_.done(); }
    /// Precondition: done.
    Result<void> take() { return task_.take(); }

private:
    Task<Result<void>> task_;
};

struct Ends {
    explicit Ends(int buffer = 0) {
        test::SocketPair pair = test::socket_pair(buffer);
        server.emplace(loop, pair.ours);
        client.emplace(loop, ::dup(pair.peer.fd()));
    }

    /// Runs both sides to their ends.
    void shake(const std::shared_ptr<const ServerTls>& server_tls,
               const std::shared_ptr<const ClientTls>& client_tls,
               ClientHandshake with = {"a.test", nullptr, {}}) {
        with.tls = client_tls;
        Handshake at_server{handshake(loop, *server, server_tls, Millis{30'000})};
        Handshake at_client{handshake(loop, *client, std::move(with), Millis{30'000})};
        // One that has failed closes, as whoever asked for it would.
        EXPECT_TRUE(test::run_until(loop, [&] {
            if (at_server.done() && !server_result) {
                server_result = at_server.take();
                if (server_result->has_error()) server->close();
            }
            if (at_client.done() && !client_result) {
                client_result = at_client.take();
                if (client_result->has_error()) client->close();
            }
            return server_result.has_value() && client_result.has_value();
        }));
    }
    [[nodiscard]] bool good() const {
        return server_result && server_result->has_value() && client_result &&
               client_result->has_value();
    }

    /// What `to` reads of the next `bytes` bytes, or until something else than bytes.
    std::string read(Transport& from, std::size_t bytes) {
        std::string all;
        EXPECT_TRUE(test::run_until(loop, [&] {
            const ReadBytes read = from.try_read();
            if (read.state == IoState::bytes) all += read.bytes;
            last = read.state;
            return all.size() >= bytes || (last != IoState::bytes && last != IoState::would_block);
        }));
        return all;
    }

    Loop loop;
    std::optional<Transport> server;
    std::optional<Transport> client;
    std::optional<Result<void>> server_result;
    std::optional<Result<void>> client_result;
    IoState last = IoState::would_block;
};

/// An authority, what both sides may be told of it, and both sides.
class TlsTest : public testing::Test {
protected:
    [[nodiscard]] ServerTlsOptions serving(const std::string& names = "DNS:a.test") const {
        return {.certificates = {pair_of(authority.issue({.names = names}))}};
    }
    [[nodiscard]] ClientTlsOptions trusting() const { return {.ca = {"ca.crt", authority.pem()}}; }
    [[nodiscard]] ServerTlsOptions asking_for_certificates(ClientCertificate mode) const {
        ServerTlsOptions options = serving();
        options.client_certificate = mode;
        options.client_ca = {"clients.crt", authority.pem()};
        return options;
    }
    [[nodiscard]] ClientTlsOptions presenting(const test::Issued& own) const {
        ClientTlsOptions options = trusting();
        options.own = {{"own.crt", own.certificate}, {"own.key", own.key}};
        return options;
    }

    test::Authority authority;
    Ends ends;
};

/// A client or server whose ciphertext the test carries: OpenSSL between two memory buffers.
class ByHand {
public:
    explicit ByHand(bool as_client = true)
        : context_{SSL_CTX_new(TLS_method())}, ssl_{SSL_new(context_)} {
        BIO* in = BIO_new(BIO_s_mem());
        BIO* out = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in, -1);
        SSL_set_bio(ssl_, in, out);
        as_client ? SSL_set_connect_state(ssl_) : SSL_set_accept_state(ssl_);
    }
    ~ByHand() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
    }
    ByHand(const ByHand&) = delete;
    ByHand& operator=(const ByHand&) = delete;

    [[nodiscard]] SSL* ssl() const { return ssl_; }
    [[nodiscard]] SSL_CTX* context() const { return context_; }
    void ask_for(const char* host) {
        SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host));
    }
    bool shake() { return SSL_do_handshake(ssl_) == 1; }
    /// Ciphertext to be sent.
    std::string outgoing() {
        std::string all;
        char room[4096];
        for (int got = 0; (got = BIO_read(SSL_get_wbio(ssl_), room, sizeof room)) > 0;) {
            all.append(room, static_cast<std::size_t>(got));
        }
        return all;
    }
    void incoming(std::string_view bytes) {
        BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
    }
    std::string seal(std::string_view plain) {
        SSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
        return outgoing();
    }
    /// Plaintext that has come.
    std::string open() {
        std::string all;
        char room[4096];
        for (int got = 0; (got = SSL_read(ssl_, room, sizeof room)) > 0;) {
            all.append(room, static_cast<std::size_t>(got));
        }
        return all;
    }

private:
    SSL_CTX* context_;
    SSL* ssl_;
};

/// True when both sides have agreed.
inline bool shake_by_hand(Loop& loop, Transport& transport,
                          const std::shared_ptr<const ServerTls>& tls, ByHand& peer,
                          test::Peer& wire) {
    Handshake ours{handshake(loop, transport, tls, Millis{30'000})};
    bool theirs = false;
    const bool ended = test::run_until(loop, [&] {
        theirs = peer.shake();
        if (const std::string out = peer.outgoing(); !out.empty()) wire.send(out);
        wire.read();
        peer.incoming(wire.take());
        return ours.done();
    });
    return ended && ours.take().has_value() && peer.shake();
}

}  // namespace penstock::net::test_tls
