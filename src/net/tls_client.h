// The insides of `ClientTls`.
#pragma once

#include <memory>
#include <string>

#include "penstock/net/tls.h"
#include "tls_files.h"
#include "tls_names.h"
#include "tls_stream.h"

namespace penstock::net {

struct ClientTls::Impl : TlsSide {
    bool insecure = false;
    std::string alpn;  // as it stands in a hello
};

class TlsSessionSlot {
public:
    SslSessionPtr newest;
    // With which it was made: another's trust or name would be a way round verification.
    std::shared_ptr<const ClientTls> made_with;
    std::string server_name;
};

/// What the callbacks of one connection look at; its SSL object's app data.
struct ClientKeeps {
    std::shared_ptr<const ClientTls> tls;
    std::shared_ptr<TlsSessionSlot> slot;  // may be null
    std::string server_name;
};

/// The client's end of a connection, not attached yet. Errors: tls_handshake_failed,
/// tls_verification_failed (there is no name to verify).
[[nodiscard]] Result<std::unique_ptr<TlsStream>> client_stream(const ClientHandshake& with);

}  // namespace penstock::net
