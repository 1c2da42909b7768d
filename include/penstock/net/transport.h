// One connected socket on one worker: try first, wait second.
//
// Edge-triggered: the poller says that there is news, a read shorter than its buffer has seen it
// all, so that a chunk costs one system call to read and an idle stream holds no buffer. TCP and
// unix sockets, in plain text or, after `handshake` (tls.h), with TLS: to its callers the same,
// only that a wake-up may bring no bytes (a part of a record, or news for TLS itself). Thread: the
// loop's. Destroying a transport closes it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/base/hot_lines.h"
#include "penstock/base/task.h"
#include "penstock/base/units.h"
#include "penstock/base/waiter.h"
#include "penstock/net/tls_facts.h"

namespace penstock::net {

class Loop;
class TlsStream;
enum class TlsStep : std::uint8_t;

enum class IoState : std::uint8_t { bytes, end, would_block, failed };

struct ReadBytes {
    IoState state = IoState::would_block;
    std::string_view bytes;  // until the next call or the return to the loop
};

class Transport {
public:
    /// Takes over a connected, non-blocking socket.
    Transport(Loop& loop, int fd);
    ~Transport();
    /// What is moved from may only be destroyed. No waiter may be registered with it.
    Transport(Transport&& from) noexcept;
    Transport& operator=(Transport&&) = delete;

    /// With TLS `end` is the peer's word (close_notify) or, from a client, its FIN; a server's FIN
    /// without that word has cut something off, and is `failed`.
    [[nodiscard]] ReadBytes try_read();
    /// Arms one read. Bytes that came wake the waiter and are what `try_read` gives next.
    void when_readable(Waiter* waiter) noexcept;

    /// Wakes the waiter when the peer closes its side or the connection dies while no read is
    /// armed: whoever reads finds that out by reading.
    void when_parting(Waiter* waiter) noexcept;

    /// Bytes taken by the kernel; fewer than given: it is full, and the next call must begin with
    /// those not taken (with TLS they may be in a record that is half sent). Negative: the
    /// connection is dead.
    [[nodiscard]] std::ptrdiff_t try_write(std::span<const std::string_view> pieces) noexcept;
    void when_writable(Waiter* waiter) noexcept;

    /// The peer has not closed, nothing unread lies there: fit to carry a new request. One system
    /// call at most.
    [[nodiscard]] bool quiet() noexcept;
    /// The peer has closed its side or the connection is dead (POLLRDHUP). One system call.
    [[nodiscard]] bool peer_gone() const noexcept;

    /// The peer sends each piece as it comes (TCP_NODELAY): acknowledge every second one. A peer
    /// that does not would wait for each acknowledgement.
    void delay_acks() noexcept;
    /// What the reader touches when it wakes, beside the socket's own.
    void reader_touches(const HotLines& lines) noexcept;
    /// The cache line that a read or a write touches here.
    [[nodiscard]] const void* hot() const noexcept;
    void shut_down_write() noexcept;  // FIN after what was written; with TLS close_notify before
    void close() noexcept;            // at once; RST where data was unread
    void abort() noexcept;            // RST
    [[nodiscard]] int fd() const noexcept;
    [[nodiscard]] bool open() const noexcept;

    [[nodiscard]] bool encrypted() const noexcept;  // a TLS handshake has been completed
    /// The protocol that ALPN has settled; empty: none, or no TLS. Lives as long as this.
    [[nodiscard]] std::string_view alpn() const noexcept;
    /// Precondition: encrypted.
    [[nodiscard]] TlsFacts tls_facts() const;
    /// How the handshake ended. Precondition: `handshake` was called and has ended.
    [[nodiscard]] TlsOutcome tls_outcome() const noexcept;

    /// The peer has ended TLS because of our certificate, or for want of one, before it sent
    /// anything: with TLS 1.3 it says so after the handshake, and has read nothing of ours.
    [[nodiscard]] bool certificate_refused() const noexcept;

    // For `handshake` only.
    void start_tls(std::unique_ptr<TlsStream> tls) noexcept;
    [[nodiscard]] TlsStep try_handshake();
    [[nodiscard]] TlsStream& tls() noexcept;

private:
    void close_socket() noexcept;

    struct Core;
    std::unique_ptr<Core> core_;
};

/// "address:port" of the peer, or "unix".
[[nodiscard]] std::string peer_name(int fd);
/// The same for this side.
[[nodiscard]] std::string local_name(int fd);

}  // namespace penstock::net
