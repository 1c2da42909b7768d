// OpenSSL's objects with owners, and its error queue.
#pragma once

#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace penstock::net {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const noexcept {
        release(object);
    }
};

using SslPtr = std::unique_ptr<SSL, Release<&SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, Release<&SSL_CTX_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, Release<&SSL_SESSION_free>>;
using CertificatePtr = std::unique_ptr<X509, Release<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<&EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Release<&BIO_free>>;

/// What OpenSSL says of the newest error in this thread's queue, which is its highest layer's view;
/// the queue is empty afterwards.
[[nodiscard]] std::string take_ssl_error();

}  // namespace penstock::net
