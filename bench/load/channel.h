// A load's socket, in the clear or with TLS. Never blocks.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <openssl/ssl.h>
#include <sys/types.h>

#include "settings.h"

namespace penstock::bench {

/// What all channels of a load share: no certificate is verified.
class TlsClient {
public:
    explicit TlsClient(bool h2);
    [[nodiscard]] SSL_CTX* context() const noexcept { return context_.get(); }

private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };
    std::unique_ptr<SSL_CTX, Free> context_;
};

class Channel {
public:
    enum class Progress : std::uint8_t { waits, open, failed };
    static constexpr ssize_t k_would_block = -1;
    static constexpr ssize_t k_failed = -2;

    Channel() = default;
    ~Channel() { close(); }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Begins to connect. `tls` may be null. False: no socket, or no such address.
    [[nodiscard]] bool connect(const HostPort& target, const TlsClient* tls);
    /// Goes on connecting after news of the socket.
    [[nodiscard]] Progress advance() noexcept;
    void close() noexcept;

    /// How many bytes; 0: the peer has closed; else one of the constants.
    [[nodiscard]] ssize_t receive(std::span<char> into) noexcept;
    [[nodiscard]] ssize_t send(std::string_view bytes) noexcept;
    /// More may be there to receive although epoll will not tell.
    [[nodiscard]] bool keeps_bytes() const noexcept { return ssl_ != nullptr; }
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    [[nodiscard]] ssize_t result_of(int outcome) const noexcept;

    struct Free {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };
    int fd_ = -1;
    bool connected_ = false;
    std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace penstock::bench
