// Two connected sockets for tests: one for the code under test, one that the test plays.
#pragma once

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include "penstock/net/loop.h"

namespace penstock::test {

/// Turns the loop until `condition` holds. False when it did not within a generous bound, which a
/// machine under load may need.
template <class Condition>
[[nodiscard]] bool run_until(net::Loop& loop, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        loop.context().restart();
        loop.context().run_one_for(std::chrono::milliseconds{5});
    }
    return true;
}

/// Gives the loop the chance to do what it should not do.
inline void turn(net::Loop& loop, int times = 5) {
    for (int i = 0; i < times; ++i) {
        loop.context().restart();
        loop.context().poll();
    }
}

/// The test's end of a connection. Non-blocking.
class Peer {
public:
    Peer() = default;
    explicit Peer(int fd) noexcept : fd_{fd} {}
    Peer(Peer&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Peer& operator=(Peer&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Peer() { close(); }

    /// False when the kernel did not take all.
    bool send(std::string_view bytes) const {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }
    /// Moves what has come into `received()`; true while there may come more.
    bool read() {
        char buffer[16 * 1024];
        for (;;) {
            const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
            if (count > 0) {
                received_.append(buffer, static_cast<std::size_t>(count));
                continue;
            }
            if (count == 0) ended_ = true;
            if (count < 0 && errno != EAGAIN) reset_ = true;
            return !ended_ && !reset_;
        }
    }
    [[nodiscard]] const std::string& received() const noexcept { return received_; }
    /// What has come since the last call.
    std::string take() { return std::exchange(received_, {}); }
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    [[nodiscard]] bool was_reset() const noexcept { return reset_; }

    void shut_down_write() const noexcept { ::shutdown(fd_, SHUT_WR); }
    void close() noexcept {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_ = -1;
    std::string received_;
    bool ended_ = false;
    bool reset_ = false;
};

struct SocketPair {
    int ours = -1;
    Peer peer;
};

/// `buffer`: bytes the kernel holds in each direction, roughly; 0: its default.
[[nodiscard]] inline SocketPair socket_pair(int buffer = 0) {
    int fds[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) return {};
    for (const int fd : fds) {
        if (buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    }
    return {fds[0], Peer{fds[1]}};
}

}  // namespace penstock::test
