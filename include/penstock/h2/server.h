// HTTP/2 towards clients: connections with many exchanges each (RFC 9113), over nghttp2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "penstock/base/units.h"
#include "penstock/http/server_options.h"
#include "penstock/http/stream.h"
#include "penstock/net/transport.h"

namespace penstock::net {
class Loop;
}
namespace penstock::telemetry {
class WorkerMetrics;
}

namespace penstock::h2 {

/// `[server.http2]`. What one connection may ask of us before it is told to calm down.
struct ServerLimits {
    bool enabled = true;
    std::uint32_t max_streams = 128;  // open at a time
    Bytes stream_window = 256_KiB;    // of a request's body, sent and not yet read
    Bytes connection_window = 1_MiB;  // of all bodies, sent and not yet met by us
    // A burst, and what comes back per second: an attacker is far above, a client that cancels
    // many chats is not.
    std::uint32_t resets_burst = 200;  // RST_STREAM from the client (Rapid Reset)
    std::uint32_t resets_per_second = 20;
    std::uint32_t errors_burst = 100;  // streams that we had to reset (MadeYouReset)
    std::uint32_t errors_per_second = 10;
    std::uint32_t control_burst = 200;  // SETTINGS, PING and PRIORITY
    std::uint32_t control_per_second = 50;
    std::uint32_t useless_frames = 1000;  // in a row without any payload
};

/// All HTTP/2 server connections of one worker. Thread: the loop's.
class ServerConnections {
public:
    /// `metrics` may be null (admin pages, simulated engines). References must outlive this.
    ServerConnections(net::Loop& loop, http::Handler& handler, telemetry::WorkerMetrics* metrics);
    ~ServerConnections();  // closes all at once
    ServerConnections(const ServerConnections&) = delete;
    ServerConnections& operator=(const ServerConnections&) = delete;

    /// Takes over an accepted connection, of which `first` has been read already.
    void serve(net::Transport transport, std::string_view first);
    /// For new connections; the timeouts and the limits of heads also for new requests.
    void configure(const http::ServerOptions& options, const ServerLimits& limits);
    /// Tells every client to open no more streams (GOAWAY, in two steps); each connection ends
    /// after its last stream.
    void drain();
    [[nodiscard]] std::size_t size() const noexcept;
    /// Exchanges under way.
    [[nodiscard]] std::size_t busy() const noexcept;

    struct Impl;  // what the connections share; for this module

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::h2
