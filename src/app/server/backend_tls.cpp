// TLS to backends on its way from the configuration to the generations.
#include "penstock/base/assert.h"
#include "server.h"

namespace penstock::app {

// From the bytes that were checked with the configuration: nothing can be wrong with them. What has
// not changed stays the same object, so that its connections and sessions do, too.
void ProxyServer::load_backend_tls() {
    PoolTls before = std::exchange(known_.tls, {});
    std::map<std::string, net::ClientTlsOptions> made_of =
        std::exchange(tls_made_of_, source_.loaded.backend_tls);
    for (const auto& [pool, options] : tls_made_of_) {
        const auto old = made_of.find(pool);
        const bool same = old != made_of.end() && old->second == options;
        std::shared_ptr<const net::ClientTls> tls =
            same ? before.at(pool) : net::ClientTls::load(options).tls;
        PENSTOCK_ASSERT(tls != nullptr);
        known_.tls[pool] = std::move(tls);
    }
}

void ProxyServer::watch_backend_tls() {
    if (!watch_) return;
    for (const auto& [pool, options] : tls_made_of_) {
        for (const net::TlsFile* file : {&options.ca, &options.own.certificate, &options.own.key}) {
            if (!file->path.empty()) watch_->add(file->path);
        }
    }
}

}  // namespace penstock::app
