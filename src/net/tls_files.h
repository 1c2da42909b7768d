// Certificates and keys out of PEM text, with words for an operator. Common to both sides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "penstock/net/tls.h"
#include "tls_handles.h"

namespace penstock::net {

/// A certificate, the rest of its chain, and its key. Owns all of them.
struct TlsIdentity {
    CertificatePtr leaf;
    std::vector<CertificatePtr> chain;
    KeyPtr key;
    TlsCertificate facts;
};

/// Reads and checks that the two belong together. Adds to `problems`; nothing when one of them is
/// an error.
[[nodiscard]] std::optional<TlsIdentity> read_identity(const TlsKeyPair& files, std::size_t index,
                                                       std::vector<TlsProblem>& problems);

/// All certificates of a file.
[[nodiscard]] std::vector<CertificatePtr> read_certificates(const TlsFile& file);

/// Makes an SSL_CTX with what is true of both sides.
[[nodiscard]] SslContextPtr make_context(const SSL_METHOD* method, TlsVersion min_version);

/// Presents this identity. False: it is not good enough for the policy (`take_ssl_error`).
[[nodiscard]] bool use_identity(SSL_CTX& context, const TlsIdentity& identity);
[[nodiscard]] bool use_identity(SSL& ssl, const TlsIdentity& identity);

/// Trusts the file's certificates. Adds to `problems`; false when there are none.
[[nodiscard]] bool trust_file(SSL_CTX& context, const TlsFile& file,
                              std::vector<TlsProblem>& problems);

/// Protocol names as they stand in a hello (RFC 7301 3.1).
[[nodiscard]] std::string alpn_wire(const std::vector<std::string>& protocols);

}  // namespace penstock::net
