// What a TLS handshake has settled, as values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::net {

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

/// How a handshake ended, for metrics: the bounded list of reasons.
enum class TlsOutcome : std::uint8_t {
    completed,
    resumed,              // completed, with a session from before
    timed_out,            // not done by its deadline
    peer_closed,          // the connection ended first
    not_tls,              // the first bytes are no TLS; plain HTTP, say
    no_common_version,    // only older versions than are allowed
    no_common_suite,      // no cipher suite, group or signature that both allow
    no_common_protocol,   // ALPN without overlap
    certificate_missing,  // the peer has sent none and must
    certificate_refused,  // the peer's was not trusted, has expired, or bears another name
    refused_by_peer,      // the peer has sent an alert: it does not like ours, say
    protocol_error,       // anything else
};
inline constexpr std::size_t k_tls_outcomes =
    static_cast<std::size_t>(TlsOutcome::protocol_error) + 1;

/// E.g. "certificate_refused".
[[nodiscard]] std::string_view name(TlsOutcome outcome) noexcept;

struct TlsFacts {
    TlsVersion version = TlsVersion::tls_1_3;
    std::string alpn;  // empty: the peer named no protocol
    bool resumed = false;
    /// The verified peer's: the name that was asked for among those in its certificate, or the
    /// first. Empty where there is no certificate, or nobody has verified it.
    std::string peer_name;
    std::string peer_subject;  // of the same certificate (RFC 2253)

    friend bool operator==(const TlsFacts&, const TlsFacts&) = default;
};

}  // namespace penstock::net
