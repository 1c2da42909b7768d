// The insides of `ServerTls`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "penstock/net/tls.h"
#include "tls_files.h"
#include "tls_names.h"
#include "tls_tickets.h"

namespace penstock::net {

struct ServerTls::Impl : TlsSide {
    /// One more. Of several for one name with one kind of key, the first is presented.
    void add(TlsIdentity identity);
    /// The identities to present to a client that asks for this host, one for each kind of key.
    /// Null: the host is not known.
    [[nodiscard]] const std::vector<std::size_t>* find(std::string_view host) const;

    std::vector<TlsIdentity> identities;
    std::vector<TlsCertificate> certificates;  // the same ones' facts
    // By name: an ECDSA and an RSA certificate may share one, and the handshake chooses. A wildcard
    // stands here without its star (".example.com").
    std::unordered_map<std::string, std::vector<std::size_t>> by_name;
    std::string alpn;  // as it stands in a hello
    std::shared_ptr<TlsTicketKeys> ticket_keys;
};

}  // namespace penstock::net
