// How TLS handshakes end, as metrics count them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::telemetry {

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
    message_too_large,    // the client's hello, or its certificates
    too_many,             // closed for want of room among the handshakes under way
    protocol_error,       // anything else
};
inline constexpr std::size_t k_tls_outcomes =
    static_cast<std::size_t>(TlsOutcome::protocol_error) + 1;

/// E.g. "certificate_refused".
[[nodiscard]] std::string_view name(TlsOutcome outcome) noexcept;

}  // namespace penstock::telemetry
