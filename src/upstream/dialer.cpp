#include "dialer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "penstock/net/await.h"

namespace penstock::upstream {

namespace {

constexpr Millis k_resolved_for{10'000};

/// A socket with its connection begun, or -1 with `errno`.
int begin_connect(const net::SocketAddress& to) noexcept {
    const auto* address = reinterpret_cast<const sockaddr*>(&to.storage);
    const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd, address, to.length) == 0 || errno == EINPROGRESS) return fd;
    const int why = errno;
    ::close(fd);
    errno = why;
    return -1;
}

int pending_error(int fd) noexcept {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    return error;
}

}  // namespace

TimePoint Dialer::deadline(TimePoint at_most) const noexcept {
    return std::min(at_most, loop_.now() + options_.connect_timeout);
}

Task<Result<std::vector<net::SocketAddress>>> Dialer::addresses(const fleet::Address& address,
                                                                TimePoint until) {
    if (address.is_unix()) {
        std::vector<net::SocketAddress> path = net::unix_address(address.unix_path);
        if (path.empty())
            co_return Error{ErrorCode::connect_failed, "the path of the unix socket is too long"};
        co_return path;
    }
    std::vector<net::SocketAddress> literal = net::literal_address(address.host, address.port);
    if (!literal.empty()) co_return literal;
    const bool known = resolved_for_ == address && !resolved_.empty();
    if (known && loop_.now() - resolved_at_ < k_resolved_for) co_return resolved_;
    Result<std::vector<net::SocketAddress>> found =
        co_await lookup_.ask(address, until, options_.connect_timeout);
    if (!found) {
        if (known) co_return resolved_;  // the last good answer beats none
        co_return found.error();
    }
    resolved_ = *found;
    resolved_for_ = address;
    resolved_at_ = loop_.now();
    co_return resolved_;
}

Task<Dialer::Connected> Dialer::dial(const fleet::Backend& backend, TimePoint until) {
    until = deadline(until);
    const Result<std::vector<net::SocketAddress>> targets =
        co_await addresses(backend.address, until);
    if (!targets) co_return targets.error();
    Connected connected = ErrorCode::connect_timeout;
    for (std::size_t tried = 0; tried < targets->size() && loop_.now() < until; ++tried) {
        // A share of what is left: a dead address must not take the time of a living one.
        const auto untried = static_cast<Millis::rep>(targets->size() - tried);
        const Millis share = std::max(net::time_left(loop_, until) / untried, Millis{1});
        connected = co_await try_one((*targets)[tried], backend, loop_.now() + share);
        if (connected) break;
    }
    if (connected) metrics_.change(telemetry::Gauge::upstream_connections_open, 1);
    if (connected && backend.delay_acks) (*connected)->delay_acks();
    metrics_.count(connected ? telemetry::Count::upstream_connects
                             : telemetry::Count::upstream_connect_failures);
    co_return std::move(connected);
}

Task<Dialer::Connected> Dialer::try_one(const net::SocketAddress& to, const fleet::Backend& backend,
                                        TimePoint until) {
    const int fd = begin_connect(to);
    if (fd < 0) co_return Error{ErrorCode::connect_failed, std::strerror(errno)};
    auto transport = std::make_unique<net::Transport>(loop_, fd);
    const bool in_time = co_await net::within(
        loop_, net::time_left(loop_, until),
        [&transport](Waiter* waiter) noexcept { transport->when_writable(waiter); });
    if (!in_time) co_return ErrorCode::connect_timeout;
    if (const int error = pending_error(fd); error != 0) {
        co_return Error{ErrorCode::connect_failed, std::strerror(error)};
    }
    if (const fleet::BackendTls& tls = backend.tls; tls.settings) {
        net::ClientHandshake with{
            .server_name = tls.server_name, .session = session_, .alpn = {}, .tls = tls.settings};
        // The pool's settings may offer HTTP/2 too.
        if (backend.protocol == fleet::Protocol::http_1_1) with.alpn = {"http/1.1"};
        const Result<void> shaken = co_await net::handshake(loop_, *transport, std::move(with),
                                                            net::time_left(loop_, until));
        if (!shaken) co_return shaken.error();
    }
    co_return std::move(transport);
}

}  // namespace penstock::upstream
