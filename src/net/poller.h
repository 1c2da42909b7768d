// epoll, edge-triggered: who wants to know about a file descriptor, and the events of one turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <sys/epoll.h>

#include "penstock/base/hot_lines.h"

namespace penstock::net {

/// Owner of a descriptor in a `Poller`. Called from the loop's turn; may destroy itself or others.
/// One cache line; what `ready` needs of the object itself should lie in the next.
class alignas(k_cache_line) Source {
public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual void ready(std::uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, EPOLLRDHUP, …

    NearLines touches;  // what `ready` is going to touch beside this and the next line

protected:
    ~Source() = default;
};

/// Thread: the loop's.
class Poller {
public:
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Watches `fd` for `events` (EPOLLET is added) until it is removed. False with `errno`.
    [[nodiscard]] bool add(int fd, std::uint32_t events, Source& source) const noexcept;
    /// No event reaches `source` from now on, also none of this turn. Before `fd` is closed.
    void remove(int fd, const Source& source) noexcept;

    /// Waits for events, at most `timeout_ms` (-1: for ever), unless some of the last batch are
    /// left.
    void wait(int timeout_ms) noexcept;
    /// Hands the batch's events to their sources. What one throws leaves the rest for the next
    /// call.
    void dispatch();

    /// Itself readable when there are events.
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    void fetch_next() const noexcept;

    static constexpr std::size_t k_batch = 256;

    int fd_;
    std::array<epoll_event, k_batch> batch_{};
    std::size_t count_ = 0;
    std::size_t next_ = 0;
};

}  // namespace penstock::net
