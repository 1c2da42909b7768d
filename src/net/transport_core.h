// The insides of `Transport`, for its plain and its TLS half.
#pragma once

#include <memory>

#include "ack_delay.h"
#include "loop_impl.h"
#include "penstock/net/transport.h"
#include "tls_stream.h"

namespace penstock::net {

// The socket with what the poller has told of it. Edge-triggered: an event says that there is news
// since the last look; a read shorter than its buffer has seen all of it.
struct Transport::Core final : Source {
    Core(Loop& owner, int socket_fd) : loop{owner}, fd{socket_fd} {
        const bool added = loop.impl().poller.add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, *this);
        ended = !added;
    }

    void ready(std::uint32_t events) override;
    void wake_reader();
    void wake_writer();

    ReadBytes read_tls();
    std::ptrdiff_t write_tls(std::span<const std::string_view> pieces) noexcept;
    [[nodiscard]] bool quiet_tls() noexcept;
    void count_flood() noexcept;

    // One cache line: all that a token needs.
    Loop& loop;
    Waiter* reader = nullptr;
    Waiter* writer = nullptr;
    Waiter* parting = nullptr;  // waits for the peer's end while nobody reads
    AckDelay ack_delay;
    std::unique_ptr<TlsStream> tls;  // null: plain text
    int fd;
    bool readable = true;  // the kernel or TLS may hold bytes, or the end, that nobody has read
    bool hung_up = false;  // the end is near: a short read does not mean that nothing is left
    bool ended = false;    // read to the end or failed
    bool failed = false;
    bool writable = false;  // the poller has said so, and no write was cut short since
    bool reader_queued = false;
    bool writer_queued = false;

    // What waits in the loop's next turn: the loop knows these, not the waiters, which may be taken
    // back or replaced meanwhile.
    Hook<Core, &Core::wake_reader> reader_hook{*this};
    Hook<Core, &Core::wake_writer> writer_hook{*this};
};

}  // namespace penstock::net
