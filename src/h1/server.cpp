#include "penstock/h1/server.h"

#include <utility>

#include "penstock/telemetry/metrics.h"
#include "server_connection.h"

namespace penstock::h1 {

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
    if (impl_->metrics != nullptr) {
        impl_->metrics->change(telemetry::Gauge::client_connections, 1);
    }
    connection->start(first);
}

void ServerConnections::configure(const ServerOptions& options) {
    impl_->options = options;
}

void ServerConnections::drain() {
    impl_->draining = true;
    ServerConnection* connection = impl_->list.first();
    while (connection != nullptr) {
        ServerConnection* following = connection->next;  // an idle one removes itself
        connection->drain();
        connection = following;
    }
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

std::string ServerConnections::Impl::spare_input() {
    return std::exchange(spare, {});
}

void ServerConnections::Impl::recycle(std::string&& input) noexcept {
    constexpr std::size_t k_kept = 128 * 1024;
    if (input.capacity() <= spare.capacity() || input.capacity() > k_kept) {
        std::string{std::move(input)}.clear();
        return;
    }
    input.clear();
    spare = std::move(input);
}

}  // namespace penstock::h1
