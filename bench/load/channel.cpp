#include "channel.h"

#include <cerrno>
#include <new>

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

namespace penstock::bench {

TlsClient::TlsClient(bool h2) : context_{SSL_CTX_new(TLS_client_method())} {
    if (!context_) throw std::bad_alloc{};
    SSL_CTX* context = context_.get();
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // One cipher, so that no proxy by its own preference has less to compute than another.
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    // Several records with one call, where they have come.
    constexpr std::size_t k_read_ahead = 64 * 1024;
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, k_read_ahead);
    constexpr std::string_view k_h2 = "\x02h2";
    constexpr std::string_view k_h1 = "\x08http/1.1";
    const std::string_view offer = h2 ? k_h2 : k_h1;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned>(offer.size()));
}

bool Channel::connect(const HostPort& target, const TlsClient* tls) {
    close();
    fd_ = connect_to(target.host, target.port);
    if (fd_ < 0 || tls == nullptr) return fd_ >= 0;
    ssl_.reset(SSL_new(tls->context()));
    if (!ssl_) throw std::bad_alloc{};
    SSL_set_fd(ssl_.get(), fd_);
    SSL_set_connect_state(ssl_.get());
    return true;
}

void Channel::close() noexcept {
    ssl_.reset();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    connected_ = false;
}

Channel::Progress Channel::advance() noexcept {
    if (!connected_) {
        int error = 0;
        socklen_t size = sizeof(error);
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return Progress::failed;
        connected_ = true;
    }
    if (!ssl_) return Progress::open;
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_.get());
    if (outcome == 1) return Progress::open;
    return result_of(outcome) == k_would_block ? Progress::waits : Progress::failed;
}

ssize_t Channel::result_of(int outcome) const noexcept {
    switch (SSL_get_error(ssl_.get(), outcome)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return k_would_block;
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        default:
            return k_failed;
    }
}

ssize_t Channel::receive(std::span<char> into) noexcept {
    if (ssl_) {
        ERR_clear_error();
        const int count = SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
        return count > 0 ? count : result_of(count);
    }
    const ssize_t count = ::recv(fd_, into.data(), into.size(), 0);
    if (count >= 0) return count;
    return errno == EAGAIN ? k_would_block : k_failed;
}

ssize_t Channel::send(std::string_view bytes) noexcept {
    if (ssl_) {
        ERR_clear_error();
        const int count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        return count > 0 ? count : result_of(count);
    }
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return count;
    return errno == EAGAIN ? k_would_block : k_failed;
}

}  // namespace penstock::bench
