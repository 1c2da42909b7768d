#include "h1_list.h"

#include <algorithm>

#include "age.h"
#include "penstock/net/loop.h"

namespace penstock::upstream {

KeptConnection::KeptConnection(net::Transport transport, const fleet::BackendTls& tls, H1List& home,
                               TimePoint until)
    : h1::ClientConnection{home.loop(), std::move(transport)},
      takes_until{until},
      made_with{tls},
      list_{home} {}

// What TLS has sent for itself does no harm.
void KeptConnection::wake() noexcept {
    if (transport().encrypted() && transport().quiet()) {
        transport().when_readable(this);
    } else {
        list_.remove(*this);
    }
}

std::unique_ptr<http::ClientStream> H1List::take_newest(const fleet::BackendTls& tls) {
    while (!idle_.empty()) {
        std::unique_ptr<KeptConnection> connection = std::move(idle_.back());
        idle_.pop_back();
        metrics_.change(telemetry::Gauge::upstream_connections_idle, -1);
        connection->transport().when_readable(nullptr);
        if (connection->made_with == tls && connection->transport().quiet()) {
            return std::make_unique<h1::ClientExchange>(std::move(connection), *this, scratch_.h1);
        }
        connection.reset();
        dropped();
    }
    return nullptr;
}

std::unique_ptr<http::ClientStream> H1List::adopt(net::Transport transport,
                                                  const fleet::BackendTls& tls) {
    auto connection = std::make_unique<KeptConnection>(
        std::move(transport), tls, *this,
        takes_until(loop_.coarse_now(), options_.max_age, scratch_.rng));
    return std::make_unique<h1::ClientExchange>(std::move(connection), *this, scratch_.h1);
}

void H1List::keep(std::unique_ptr<h1::ClientConnection> connection) noexcept {
    // Every connection of this keeper was made by `adopt`.
    auto kept = std::unique_ptr<KeptConnection>{static_cast<KeptConnection*>(connection.release())};
    kept->idle_since = loop_.coarse_now();
    if (idle_.size() >= options_.idle_max || kept->idle_since >= kept->takes_until) {
        kept.reset();
        dropped();
        return;
    }
    kept->transport().when_readable(kept.get());
    idle_.push_back(std::move(kept));
    metrics_.change(telemetry::Gauge::upstream_connections_idle, 1);
}

void H1List::dropped() noexcept {
    metrics_.change(telemetry::Gauge::upstream_connections_open, -1);
}

void H1List::remove(KeptConnection& connection) noexcept {
    const auto at = std::find_if(idle_.begin(), idle_.end(),
                                 [&](const auto& kept) { return kept.get() == &connection; });
    if (at == idle_.end()) return;
    idle_.erase(at);
    metrics_.change(telemetry::Gauge::upstream_connections_idle, -1);
    dropped();
}

void H1List::expire(TimePoint since) {
    const auto fresh = std::find_if(idle_.begin(), idle_.end(),
                                    [&](const auto& kept) { return kept->idle_since >= since; });
    const auto count = static_cast<std::int64_t>(fresh - idle_.begin());
    idle_.erase(idle_.begin(), fresh);
    metrics_.change(telemetry::Gauge::upstream_connections_idle, -count);
    metrics_.change(telemetry::Gauge::upstream_connections_open, -count);
}

}  // namespace penstock::upstream
