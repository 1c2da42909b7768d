// Keeps a client from making us reserve memory with a few bytes: a handshake message tells its
// length first, OpenSSL makes room for all of it at once, and takes a ClientHello of 128 KiB.
//
// Follows the records that a client sends before anything is encrypted: its ClientHello and, after
// a HelloRetryRequest, the second. Part of a server's `TlsStream`. Thread: the loop's.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace penstock::net {

class TlsHelloGuard {
public:
    /// Takes what has come, before OpenSSL does. False: a message of it is too long.
    [[nodiscard]] bool pass(std::string_view bytes) noexcept;

    /// A message with its head. Ours of 2 KiB are large; post-quantum keys add as much.
    static constexpr std::size_t k_message_max = 16 * 1024;

private:
    [[nodiscard]] bool read_message_head(char byte) noexcept;
    void read_record_head(char byte) noexcept;

    static constexpr std::size_t k_record_head = 5;   // type, version, length (RFC 8446 5.1)
    static constexpr std::size_t k_message_head = 4;  // type, length (RFC 8446 4)

    std::array<unsigned char, k_record_head> record_head_{};
    std::array<unsigned char, k_message_head> message_head_{};
    std::size_t record_head_size_ = 0;
    std::size_t message_head_size_ = 0;
    std::size_t record_left_ = 0;
    std::size_t message_left_ = 0;
};

}  // namespace penstock::net
