// The connections of one loop's clients, whichever protocol they speak: a new one is greeted here
// until its listener, a TLS handshake or its first bytes tell, then it is HTTP/1.1's or HTTP/2's.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "penstock/app/config.h"
#include "penstock/base/task.h"
#include "penstock/h1/server.h"
#include "penstock/h2/server.h"
#include "penstock/net/loop.h"
#include "penstock/net/tls.h"
#include "penstock/net/transport.h"

namespace penstock::app {

/// What a listener offers to who connects.
struct Offer {
    ListenerProtocol protocol = ListenerProtocol::automatic;
    std::shared_ptr<const net::ServerTls> tls;  // null: plain text
};

/// Thread: the loop's. References must outlive this.
class Connections {
public:
    /// `metrics` may be null (admin pages, simulated engines).
    Connections(net::Loop& loop, http::Handler& handler, telemetry::WorkerMetrics* metrics);
    ~Connections();  // closes all at once
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    /// Takes over an accepted socket.
    void serve(net::Transport transport, const Offer& offer);
    /// For new connections and requests from now on.
    void configure(const http::ServerOptions& options, const h2::ServerLimits& limits);
    /// How many TLS handshakes are under way at most. Before the first connection.
    void limit_handshakes(std::size_t most) noexcept { handshakes_max_ = most; }
    /// Ends idle connections, and each other one after its current exchanges.
    void drain();
    [[nodiscard]] std::size_t size() const noexcept;
    /// Exchanges under way.
    [[nodiscard]] std::size_t busy() const noexcept;

private:
    class Arrival;
    using Arrivals = std::list<Arrival>;

    [[nodiscard]] bool has_room_for(const Offer& offer);
    void count_handshake(net::TlsOutcome outcome) const noexcept;

    net::Loop& loop_;
    http::Handler& handler_;
    telemetry::WorkerMetrics* metrics_;
    http::ServerOptions options_;
    bool http2_ = true;
    std::size_t handshakes_max_ = 1000;
    h1::ServerConnections h1_;
    h2::ServerConnections h2_;
    std::size_t waiting_ = 0;  // arrivals that have not been handed over
    Arrivals plain_;           // newest first, as the next
    Arrivals handshakes_;      // of TLS, under way
};

}  // namespace penstock::app
