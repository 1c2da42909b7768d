// One backend's connections on one worker.
#pragma once

#include <vector>

#include "penstock/h1/client.h"
#include "penstock/net/resolve.h"
#include "penstock/telemetry/metrics.h"
#include "penstock/upstream/pools.h"
#include "shared_lookup.h"

namespace penstock::upstream {

class Node;

/// A connection that knows its way back, and while it is kept notices that the engine closes it.
class PooledConnection final : public h1::ClientConnection, public Waiter {
public:
    PooledConnection(net::Loop& on, int fd, Node& home)
        : h1::ClientConnection{on, fd}, node_{home} {}
    void wake() noexcept override;  // something came, or the end: unfit

    TimePoint idle_since{};

private:
    Node& node_;
};

class Node final : public h1::ConnectionKeeper {
public:
    Node(net::Loop& loop, telemetry::WorkerMetrics& metrics, const Options& options,
         h1::ClientScratch& scratch)
        : loop_{loop}, metrics_{metrics}, options_{options}, scratch_{scratch}, lookup_{loop} {}

    [[nodiscard]] std::unique_ptr<h1::ClientConnection> take_newest();
    void keep(std::unique_ptr<h1::ClientConnection> connection) noexcept override;
    void dropped() noexcept override;
    /// Closes what has been idle since before `since`. Returns how many are left.
    std::size_t expire(TimePoint since);
    void clear();
    void remove(PooledConnection& connection) noexcept;

    [[nodiscard]] Task<Result<std::vector<net::SocketAddress>>> addresses(
        const fleet::Address& address, TimePoint until);
    /// One frame for all of connecting but each try: a thousand streams may wait in it at once.
    /// `backend` lives until the task's end.
    [[nodiscard]] Task<Result<std::unique_ptr<http::ClientStream>>> connect(
        const fleet::Backend& backend, TimePoint until);

private:
    /// `to` lives until the task's end: a copy would be a large part of the frame.
    [[nodiscard]] Task<Result<std::unique_ptr<h1::ClientConnection>>> try_one(
        const net::SocketAddress& to, Millis at_most);

    net::Loop& loop_;
    telemetry::WorkerMetrics& metrics_;
    const Options& options_;
    h1::ClientScratch& scratch_;
    SharedLookup lookup_;
    std::vector<std::unique_ptr<PooledConnection>> idle_;  // oldest first
    std::vector<net::SocketAddress> resolved_;             // of a host name: the last good answer
    fleet::Address resolved_for_;
    TimePoint resolved_at_{};
};

}  // namespace penstock::upstream
