#include "tls_files.h"

#include <ctime>

#include <openssl/pem.h>

#include "tls_names.h"

namespace penstock::net {

namespace {

// TLS 1.2: forward secrecy and AEAD, the suites that RFC 9113 9.2.2 leaves to HTTP/2.
constexpr const char* k_suites_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* k_suites_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* k_groups = "X25519:P-256:P-384";

BioPtr reader(const TlsFile& file) {
    return BioPtr{BIO_new_mem_buf(file.pem.data(), static_cast<int>(file.pem.size()))};
}

// Without it OpenSSL would ask the terminal.
int no_password(char* /*into*/, int /*room*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
    std::tm fields{};
    if (ASN1_TIME_to_tm(time, &fields) != 1) return 0;
    return ::timegm(&fields);
}

KeyPtr read_key(const TlsFile& file, bool& encrypted) {
    const BioPtr in = reader(file);
    KeyPtr key{PEM_read_bio_PrivateKey(in.get(), nullptr, &no_password, &encrypted)};
    ERR_clear_error();
    return key;
}

STACK_OF(X509) * borrowed(const std::vector<CertificatePtr>& chain) {
    STACK_OF(X509)* stack = sk_X509_new_null();
    for (const CertificatePtr& each : chain) sk_X509_push(stack, each.get());
    return stack;
}

std::string quoted(const std::string& path) {
    return "\"" + path + "\"";
}

/// Why the certificate's time is not now; empty: it is.
std::string untimely(const X509& certificate) {
    if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0) return " has expired";
    if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0) return " is not valid yet";
    return {};
}

}  // namespace

std::string take_ssl_error() {
    const unsigned long error = ERR_peek_last_error();
    const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
    std::string text = reason != nullptr ? reason : "unknown error";
    ERR_clear_error();
    return text;
}

std::vector<CertificatePtr> read_certificates(const TlsFile& file) {
    std::vector<CertificatePtr> all;
    const BioPtr in = reader(file);
    bool encrypted = false;
    while (X509* each = PEM_read_bio_X509(in.get(), nullptr, &no_password, &encrypted)) {
        all.emplace_back(each);
    }
    ERR_clear_error();  // the end of the file is one
    return all;
}

std::optional<TlsIdentity> read_identity(const TlsKeyPair& files, std::size_t index,
                                         std::vector<TlsProblem>& problems) {
    using Where = TlsProblem::Where;
    const std::string certificate_path = quoted(files.certificate.path);
    const std::string key_path = quoted(files.key.path);
    TlsIdentity identity;
    identity.chain = read_certificates(files.certificate);
    bool encrypted = false;
    identity.key = read_key(files.key, encrypted);
    if (identity.chain.empty()) {
        problems.push_back(
            {Where::certificate, index, certificate_path + " holds no certificate in PEM format"});
    }
    if (!identity.key) {
        problems.push_back({Where::key, index,
                            key_path + (encrypted ? " is encrypted: a key without a password is "
                                                    "needed"
                                                  : " holds no private key in PEM format")});
    }
    if (identity.chain.empty() || !identity.key) return std::nullopt;
    identity.leaf = std::move(identity.chain.front());
    identity.chain.erase(identity.chain.begin());
    if (X509_check_private_key(identity.leaf.get(), identity.key.get()) != 1) {
        ERR_clear_error();
        problems.push_back({Where::key, index,
                            "the key in " + key_path + " does not belong to the certificate in " +
                                certificate_path});
        return std::nullopt;
    }
    if (const std::string why = untimely(*identity.leaf); !why.empty()) {
        problems.push_back(
            {Where::certificate, index, "the certificate in " + certificate_path + why, true});
    }
    identity.facts = {.path = files.certificate.path,
                      .names = names_of(*identity.leaf),
                      .not_after = unix_seconds(X509_get0_notAfter(identity.leaf.get()))};
    return identity;
}

SslContextPtr make_context(const SSL_METHOD* method, TlsVersion min_version) {
    SslContextPtr context{SSL_CTX_new(method)};
    SSL_CTX* made = context.get();
    if (made == nullptr) return context;
    SSL_CTX_set_min_proto_version(
        made, min_version == TlsVersion::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(made, TLS1_3_VERSION);
    SSL_CTX_set_cipher_list(made, k_suites_1_2);
    SSL_CTX_set_ciphersuites(made, k_suites_1_3);
    SSL_CTX_set1_groups_list(made, k_groups);
    SSL_CTX_set_options(
        made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_clear_options(made, SSL_OP_IGNORE_UNEXPECTED_EOF);  // whatever openssl.cnf says
    // A caller keeps what was not taken and offers it again from memory of its own; an idle
    // connection holds no buffers.
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(made, 1);
    SSL_CTX_set_max_early_data(made, 0);
    SSL_CTX_set_recv_max_early_data(made, 0);
    return context;
}

bool use_identity(SSL_CTX& context, const TlsIdentity& identity) {
    STACK_OF(X509)* chain = borrowed(identity.chain);
    const int used =
        SSL_CTX_use_cert_and_key(&context, identity.leaf.get(), identity.key.get(), chain, 1);
    sk_X509_free(chain);
    return used == 1;
}

bool use_identity(SSL& ssl, const TlsIdentity& identity) {
    STACK_OF(X509)* chain = borrowed(identity.chain);
    const int used = SSL_use_cert_and_key(&ssl, identity.leaf.get(), identity.key.get(), chain, 1);
    sk_X509_free(chain);
    return used == 1;
}

bool trust_file(SSL_CTX& context, const TlsFile& file, std::vector<TlsProblem>& problems) {
    const std::vector<CertificatePtr> trusted = read_certificates(file);
    if (trusted.empty()) {
        problems.push_back(
            {TlsProblem::Where::ca, 0, quoted(file.path) + " holds no certificate in PEM format"});
        return false;
    }
    X509_STORE* store = SSL_CTX_get_cert_store(&context);
    for (const CertificatePtr& each : trusted) {
        X509_STORE_add_cert(store, each.get());
        if (const std::string why = untimely(*each); !why.empty()) {
            problems.push_back(
                {TlsProblem::Where::ca, 0, "a certificate in " + quoted(file.path) + why, true});
        }
    }
    // An intermediate authority may be all that an operator wants to trust.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    ERR_clear_error();
    return true;
}

std::string alpn_wire(const std::vector<std::string>& protocols) {
    std::string wire;
    for (const std::string& each : protocols) {
        wire += static_cast<char>(each.size());
        wire += each;
    }
    return wire;
}

}  // namespace penstock::net
