// Certificates and protocols on their way from the configuration to the workers' listeners.
#include <set>

#include "penstock/base/assert.h"
#include "server.h"

namespace penstock::app {

// From the bytes that were checked with the configuration: nothing can be wrong with them.
void ProxyServer::load_tls() {
    tls_.clear();
    for (const auto& [address, options] : source_.loaded.tls) {
        std::shared_ptr<const net::ServerTls> tls = net::ServerTls::load(options, ticket_keys_).tls;
        PENSTOCK_ASSERT(tls != nullptr);  // never plain text instead
        tls_[address] = std::move(tls);
    }
}

/// What is open stays as it is; new connections meet the new certificates and protocols. Those that
/// wait at an address which is to be given up still meet the old ones.
void ProxyServer::renew_offers() {
    for (const ListenerConfig& listener : source_.loaded.config.listeners) {
        for (const auto& worker : workers_)
            worker->change_offer(listener.address, offer_of(listener));
    }
    if (!watch_) return;
    for (const auto& [address, options] : source_.loaded.tls) {
        for (const net::TlsKeyPair& pair : options.certificates) {
            watch_->add(pair.certificate.path);
            watch_->add(pair.key.path);
        }
        if (!options.client_ca.path.empty()) watch_->add(options.client_ca.path);
    }
}

std::shared_ptr<const net::ServerTls> ProxyServer::tls_of(const std::string& address) const {
    const auto found = tls_.find(address);
    return found == tls_.end() ? nullptr : found->second;
}

Offer ProxyServer::offer_of(const ListenerConfig& listener) const {
    return {.protocol = listener.protocol, .tls = tls_of(listener.address)};
}

void ProxyServer::append_certificates(std::vector<telemetry::Sample>& out) const {
    for (const auto& [address, tls] : tls_) {
        std::set<std::string> told;  // a file may be named twice
        for (const net::TlsCertificate& each : tls->certificates()) {
            if (!told.insert(each.path).second) continue;
            out.push_back({"penstock_tls_certificate_not_after_seconds",
                           {{"listener", address}, {"certificate", each.path}},
                           static_cast<double>(each.not_after)});
        }
    }
}

}  // namespace penstock::app
