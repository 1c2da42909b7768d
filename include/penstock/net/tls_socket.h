// The client's end of TLS on a connected socket whose owner does the waiting: for the control
// thread's calls, whose sockets are Asio's. (The data path's is inside `Transport`.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "penstock/base/error.h"

namespace penstock::net {

class TlsStream;
struct ClientHandshake;

/// What came of asking TLS for something. `wants_read` and `wants_write`: ask again when the socket
/// can do that.
enum class TlsStep : std::uint8_t { done, wants_read, wants_write, end, failed };

/// Thread: one. Its socket outlives it, is non-blocking, and is closed by its owner.
class TlsSocket {
public:
    /// Errors: tls_handshake_failed, tls_verification_failed (there is no name to verify).
    [[nodiscard]] static Result<std::unique_ptr<TlsSocket>> begin(int fd,
                                                                  const ClientHandshake& with);
    explicit TlsSocket(std::unique_ptr<TlsStream> stream);
    ~TlsSocket();
    TlsSocket(const TlsSocket&) = delete;
    TlsSocket& operator=(const TlsSocket&) = delete;

    /// First of all, until it is done.
    [[nodiscard]] TlsStep handshake();
    /// Why it has failed, in words: tls_handshake_failed or tls_verification_failed.
    [[nodiscard]] Error failure() const;

    struct Moved {
        TlsStep step = TlsStep::done;
        std::size_t bytes = 0;  // above 0 when done
    };
    /// end: by the peer's word (close_notify); without it the connection has failed.
    [[nodiscard]] Moved read(std::span<char> into) noexcept;
    /// What was not taken must be offered again.
    [[nodiscard]] Moved write(std::string_view bytes) noexcept;

    /// No plaintext and no end lie there; what came for TLS itself is dealt with.
    [[nodiscard]] bool quiet() noexcept;

private:
    std::unique_ptr<TlsStream> stream_;
};

}  // namespace penstock::net
