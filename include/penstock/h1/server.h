// HTTP/1.1 towards clients: connections and their exchanges, one after the other.
#pragma once

#include <cstdint>
#include <memory>

#include "penstock/base/units.h"
#include "penstock/h1/parser.h"
#include "penstock/http/stream.h"

namespace penstock::net {
class Loop;
}
namespace penstock::telemetry {
class WorkerMetrics;
}

namespace penstock::h1 {

struct ServerOptions {
    HeadLimits limits;
    Millis head_timeout{10'000};
    Millis body_idle_timeout{30'000};
    Millis write_stall_timeout{60'000};
    Millis keep_alive_timeout{75'000};
    bool half_close = false;
};

/// All HTTP/1.1 server connections of one worker. Thread: the loop's.
class ServerConnections {
public:
    /// `metrics` may be null (admin, simulated engine). References must outlive this.
    ServerConnections(net::Loop& loop, http::Handler& handler, telemetry::WorkerMetrics* metrics);
    ~ServerConnections();  // closes all at once
    ServerConnections(const ServerConnections&) = delete;
    ServerConnections& operator=(const ServerConnections&) = delete;

    /// Takes over an accepted socket.
    void serve(int fd);
    /// For new requests from now on.
    void configure(const ServerOptions& options);
    /// Ends idle connections, and each other one after its current exchange (Connection: close).
    void drain();
    [[nodiscard]] std::size_t size() const noexcept;
    /// Exchanges under way.
    [[nodiscard]] std::size_t busy() const noexcept;

    struct Impl;  // what the connections share; for this module

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::h1
