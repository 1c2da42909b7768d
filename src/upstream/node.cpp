#include "node.h"

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

void PooledConnection::wake() noexcept {
    node_.remove(*this);
}

std::unique_ptr<h1::ClientConnection> Node::take_newest() {
    while (!idle_.empty()) {
        std::unique_ptr<PooledConnection> connection = std::move(idle_.back());
        idle_.pop_back();
        metrics_.change(telemetry::Gauge::upstream_connections_idle, -1);
        connection->transport().when_readable(nullptr);
        if (connection->transport().quiet()) return connection;
        connection.reset();
        dropped();
    }
    return nullptr;
}

void Node::keep(std::unique_ptr<h1::ClientConnection> connection) noexcept {
    if (idle_.size() >= options_.idle_max) {
        connection.reset();
        dropped();
        return;
    }
    // Every connection of this keeper was made by `try_one`.
    auto pooled =
        std::unique_ptr<PooledConnection>{static_cast<PooledConnection*>(connection.release())};
    pooled->idle_since = loop_.coarse_now();
    pooled->transport().when_readable(pooled.get());
    idle_.push_back(std::move(pooled));
    metrics_.change(telemetry::Gauge::upstream_connections_idle, 1);
}

void Node::dropped() noexcept {
    metrics_.change(telemetry::Gauge::upstream_connections_open, -1);
}

void Node::remove(PooledConnection& connection) noexcept {
    const auto at = std::find_if(idle_.begin(), idle_.end(),
                                 [&](const auto& kept) { return kept.get() == &connection; });
    if (at == idle_.end()) return;
    idle_.erase(at);
    metrics_.change(telemetry::Gauge::upstream_connections_idle, -1);
    dropped();
}

std::size_t Node::expire(TimePoint since) {
    const auto fresh = std::find_if(idle_.begin(), idle_.end(),
                                    [&](const auto& kept) { return kept->idle_since >= since; });
    const auto count = static_cast<std::int64_t>(fresh - idle_.begin());
    idle_.erase(idle_.begin(), fresh);
    metrics_.change(telemetry::Gauge::upstream_connections_idle, -count);
    metrics_.change(telemetry::Gauge::upstream_connections_open, -count);
    return idle_.size();
}

void Node::clear() {
    expire(TimePoint::max());
}

Task<Result<std::vector<net::SocketAddress>>> Node::addresses(const fleet::Address& address,
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

Task<Result<std::unique_ptr<http::ClientStream>>> Node::connect(const fleet::Backend& backend,
                                                                TimePoint until) {
    until = std::min(until, loop_.now() + options_.connect_timeout);
    const Result<std::vector<net::SocketAddress>> targets =
        co_await addresses(backend.address, until);
    if (!targets) co_return targets.error();
    Result<std::unique_ptr<h1::ClientConnection>> connection = ErrorCode::connect_timeout;
    for (std::size_t tried = 0; tried < targets->size() && loop_.now() < until; ++tried) {
        // A share of what is left: a dead address must not take the time of a living one.
        const auto untried = static_cast<Millis::rep>(targets->size() - tried);
        const Millis share = std::max(net::time_left(loop_, until) / untried, Millis{1});
        connection = co_await try_one((*targets)[tried], share);
        if (connection) break;
    }
    if (connection && backend.delay_acks) (*connection)->transport().delay_acks();
    metrics_.count(connection ? telemetry::Count::upstream_connects
                              : telemetry::Count::upstream_connect_failures);
    if (!connection) co_return connection.error();
    std::unique_ptr<http::ClientStream> stream =
        std::make_unique<h1::ClientExchange>(std::move(*connection), *this, scratch_);
    co_return std::move(stream);
}

Task<Result<std::unique_ptr<h1::ClientConnection>>> Node::try_one(const net::SocketAddress& to,
                                                                  Millis at_most) {
    const int fd = begin_connect(to);
    if (fd < 0) co_return Error{ErrorCode::connect_failed, std::strerror(errno)};
    auto connection = std::make_unique<PooledConnection>(loop_, fd, *this);
    net::Transport& transport = connection->transport();
    const bool in_time = co_await net::within(
        loop_, at_most, [&transport](Waiter* waiter) noexcept { transport.when_writable(waiter); });
    if (!in_time) co_return ErrorCode::connect_timeout;
    if (const int error = pending_error(fd); error != 0) {
        co_return Error{ErrorCode::connect_failed, std::strerror(error)};
    }
    metrics_.change(telemetry::Gauge::upstream_connections_open, 1);
    co_return std::move(connection);
}

}  // namespace penstock::upstream
