// One backend's HTTP/1.1 connections on one worker: those kept for the next request. The others
// belong to their exchanges.
#pragma once

#include <memory>
#include <vector>

#include "penstock/h1/client.h"
#include "penstock/telemetry/metrics.h"
#include "penstock/upstream/pools.h"
#include "scratch.h"

namespace penstock::upstream {

class H1List;

/// A connection that knows its way back, and while it is kept notices that the engine closes it.
class KeptConnection final : public h1::ClientConnection, public Waiter {
public:
    /// `until`: afterwards it is not kept any more.
    KeptConnection(net::Transport transport, const fleet::BackendTls& tls, H1List& home,
                   TimePoint until);
    void wake() noexcept override;  // something came, or the end: unfit

    TimePoint idle_since{};
    const TimePoint takes_until;
    const fleet::BackendTls made_with;

private:
    H1List& list_;
};

/// Owned by a node. References must outlive this.
class H1List final : public h1::ConnectionKeeper {
public:
    H1List(net::Loop& loop, telemetry::WorkerMetrics& metrics, const Options& options,
           Scratch& scratch)
        : loop_{loop}, metrics_{metrics}, options_{options}, scratch_{scratch} {}

    /// An exchange on the newest kept connection that is fit, and was made with the same trust; or
    /// null.
    [[nodiscard]] std::unique_ptr<http::ClientStream> take_newest(const fleet::BackendTls& tls);
    /// An exchange on a fresh connection.
    [[nodiscard]] std::unique_ptr<http::ClientStream> adopt(net::Transport transport,
                                                            const fleet::BackendTls& tls);
    void keep(std::unique_ptr<h1::ClientConnection> connection) noexcept override;
    void dropped() noexcept override;
    /// Closes what has been idle since before `since`.
    void expire(TimePoint since);
    void remove(KeptConnection& connection) noexcept;

    [[nodiscard]] net::Loop& loop() noexcept { return loop_; }

private:
    net::Loop& loop_;
    telemetry::WorkerMetrics& metrics_;
    const Options& options_;
    Scratch& scratch_;
    std::vector<std::unique_ptr<KeptConnection>> idle_;  // oldest first
};

}  // namespace penstock::upstream
