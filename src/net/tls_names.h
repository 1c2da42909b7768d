// The names in certificates, and whether they are those that were asked for.
#pragma once

#include <string>
#include <vector>

#include "tls_handles.h"

namespace penstock::net {

/// DNS names (in lower case), addresses, URIs and e-mail addresses among the subject alternative
/// names; the common name where there are none.
[[nodiscard]] std::vector<std::string> names_of(const X509& certificate);
/// The subject as text (RFC 2253).
[[nodiscard]] std::string subject_of(const X509& certificate);

/// Those of the certificate's names that one of `wanted` allows; `*` there stands for any text.
[[nodiscard]] std::vector<std::string> allowed_names(const X509& certificate,
                                                     const std::vector<std::string>& wanted);

/// The names that the peer was verified by; all of its names where any are allowed. Their number is
/// bounded by what OpenSSL takes of certificates: 32 KiB of a client's, 100 KiB of a backend's.
[[nodiscard]] std::vector<std::string> verified_names(const SSL& ssl, const X509& certificate);

/// What a server's or client's SSL_CTX has in common: its app data points here.
struct TlsSide {
    SslContextPtr context;
    std::vector<std::string> names;  // of which the peer must bear one; empty: any
};

/// Verifies the chain as OpenSSL does, then the names. Of a certificate that it refuses, the names
/// are noted, since OpenSSL keeps nothing of it.
int verify_with_names(X509_STORE_CTX* store, void* side);
/// Where to, as a few words; as long as `ssl` shakes hands.
void note_refused_names(SSL& ssl, std::string& into);

}  // namespace penstock::net
