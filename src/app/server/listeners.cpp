// The sockets that clients connect to: opened at the start, and exchanged by a reload.
#include <algorithm>
#include <utility>

#include "server.h"

namespace penstock::app {

namespace {

bool names(const std::vector<ListenerConfig>& listeners, const std::string& address) {
    return std::ranges::any_of(
        listeners, [&address](const ListenerConfig& each) { return each.address == address; });
}

}  // namespace

// Of the wanted listeners those that are not open yet: all of them, or none. The old ones are open
// until the new ones serve, so that no moment is without a listener; where both have one port, they
// share it until then.
Result<ProxyServer::Listeners> ProxyServer::open_new(const Config& wanted) const {
    std::vector<std::string> leaving;
    for (const auto& [address, bound] : listeners_) {
        if (!names(wanted.listeners, address)) leaving.push_back(bound.local_address);
    }
    Listeners opened;
    for (const ListenerConfig& listener : wanted.listeners) {
        if (listeners_.contains(listener.address)) continue;
        Result<net::BoundListener> bound =
            net::bind_listener(listener.address, workers_.size(), leaving);
        if (!bound) {
            for (const auto& [address, each] : opened) net::close(each);
            return bound.error();
        }
        opened.emplace(listener.address, std::move(*bound));
    }
    return opened;
}

void ProxyServer::adjust_listeners(Listeners opened) {
    const std::vector<ListenerConfig>& wanted = source_.loaded.config.listeners;
    for (const ListenerConfig& listener : wanted) {
        const auto found = opened.find(listener.address);
        if (found == opened.end()) continue;
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            workers_[i]->listen(listener.address, found->second.fds[i], offer_of(listener));
        }
    }
    std::erase_if(listeners_, [&](const auto& entry) {
        if (names(wanted, entry.first)) return false;
        for (const auto& worker : workers_) worker->stop_listening(entry.first);
        return true;
    });
    listeners_.merge(opened);
}

std::vector<std::string> ProxyServer::addresses() const {
    std::vector<std::string> all;
    for (const auto& [address, bound] : listeners_) {
        const bool is_unix = bound.local_address.starts_with("unix:");
        const char* scheme = tls_of(address) != nullptr ? "https://" : "http://";
        all.push_back(is_unix ? bound.local_address : scheme + bound.local_address);
    }
    return all;
}

}  // namespace penstock::app
