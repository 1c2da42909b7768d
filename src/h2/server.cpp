#include "penstock/h2/server.h"

#include <utility>

#include "penstock/telemetry/metrics.h"
#include "server_connection.h"

namespace penstock::h2 {

ServerConnections::ServerConnections(net::Loop& loop, http::Handler& handler,
                                     telemetry::WorkerMetrics* metrics)
    : impl_{std::make_unique<Impl>(loop, handler, metrics)} {}

ServerConnections::~ServerConnections() {
    while (impl_->list.first() != nullptr) impl_->remove(*impl_->list.first());
}

void ServerConnections::serve(net::Transport transport, std::string_view first) {
    // Owned by the list below.
    auto* connection = new ServerConnection{*impl_, std::move(transport)};
    impl_->list.push_front(*connection);
    if (impl_->metrics != nullptr) impl_->metrics->change(telemetry::Gauge::client_connections, 1);
    if (impl_->draining) connection->drain();
    connection->start(first);
}

void ServerConnections::configure(const http::ServerOptions& options, const ServerLimits& limits) {
    impl_->options = options;
    impl_->limits = limits;
}

void ServerConnections::drain() {
    impl_->draining = true;
    for (ServerConnection* each = impl_->list.first(); each != nullptr; each = each->next)
        each->drain();
}

std::size_t ServerConnections::size() const noexcept {
    return impl_->list.size();
}
std::size_t ServerConnections::busy() const noexcept {
    return impl_->exchanges;
}

void ServerConnections::Impl::remove(ServerConnection& connection) noexcept {
    list.remove(connection);
    if (metrics != nullptr) metrics->change(telemetry::Gauge::client_connections, -1);
    delete &connection;
}

}  // namespace penstock::h2
