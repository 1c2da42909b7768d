// What a TLS handshake has settled, as values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "penstock/telemetry/tls_outcome.h"

namespace penstock::net {

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

using telemetry::TlsOutcome;

struct TlsFacts {
    TlsVersion version = TlsVersion::tls_1_3;
    std::string alpn;  // empty: the peer named no protocol
    bool resumed = false;
    /// The verified peer's: those in its certificate that are allowed, or the name that was asked
    /// for, or all. Empty where there is no certificate, or nobody has verified it.
    std::vector<std::string> peer_names;
    std::string peer_subject;  // of the same certificate (RFC 2253)

    friend bool operator==(const TlsFacts&, const TlsFacts&) = default;
};

}  // namespace penstock::net
