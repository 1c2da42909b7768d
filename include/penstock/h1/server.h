// HTTP/1.1 towards clients: connections and their exchanges, one after the other.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "penstock/http/server_options.h"
#include "penstock/http/stream.h"
#include "penstock/net/transport.h"

namespace penstock::net {
class Loop;
}
namespace penstock::telemetry {
class WorkerMetrics;
}

namespace penstock::h1 {

using http::ServerOptions;

/// All HTTP/1.1 server connections of one worker. Thread: the loop's.
class ServerConnections {
public:
    /// `metrics` may be null (admin, simulated engine). References must outlive this.
    ServerConnections(net::Loop& loop, http::Handler& handler, telemetry::WorkerMetrics* metrics);
    ~ServerConnections();  // closes all at once
    ServerConnections(const ServerConnections&) = delete;
    ServerConnections& operator=(const ServerConnections&) = delete;

    /// Takes over an accepted connection, of which `first` has been read already.
    void serve(net::Transport transport, std::string_view first = {});
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
