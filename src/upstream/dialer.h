// New connections to one backend: its name looked up, its addresses tried, TLS begun.
#pragma once

#include <memory>
#include <vector>

#include "penstock/fleet/identity.h"
#include "penstock/net/resolve.h"
#include "penstock/net/tls.h"
#include "penstock/net/transport.h"
#include "penstock/telemetry/metrics.h"
#include "penstock/upstream/pools.h"
#include "shared_lookup.h"

namespace penstock::upstream {

/// Owned by a node. References must outlive this. Thread: the worker.
class Dialer {
public:
    using Connected = Result<std::unique_ptr<net::Transport>>;

    Dialer(net::Loop& loop, telemetry::WorkerMetrics& metrics, const Options& options)
        : loop_{loop}, metrics_{metrics}, options_{options}, lookup_{loop} {}

    /// A connected transport, with TLS where the backend wants it, counted as open. `backend` lives
    /// until the task's end. Errors: connect_failed, connect_timeout, tls_handshake_failed,
    /// tls_verification_failed.
    [[nodiscard]] Task<Connected> dial(const fleet::Backend& backend, TimePoint until);
    /// Until when a connection that is begun now must stand.
    [[nodiscard]] TimePoint deadline(TimePoint at_most) const noexcept;

private:
    [[nodiscard]] Task<Result<std::vector<net::SocketAddress>>> addresses(
        const fleet::Address& address, TimePoint until);
    /// `to` and `backend` live until the task's end: a copy would be a large part of the frame.
    [[nodiscard]] Task<Connected> try_one(const net::SocketAddress& to,
                                          const fleet::Backend& backend, TimePoint until);

    net::Loop& loop_;
    telemetry::WorkerMetrics& metrics_;
    const Options& options_;
    SharedLookup lookup_;
    std::vector<net::SocketAddress> resolved_;  // of a host name: the last good answer
    fleet::Address resolved_for_;
    TimePoint resolved_at_{};
    std::shared_ptr<net::TlsSessionSlot> session_ = net::make_tls_session_slot();
};

}  // namespace penstock::upstream
