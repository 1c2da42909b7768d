// Certificates for tests, made when a test wants them; none is kept in the tree.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace penstock::test {

struct Issued {
    std::string certificate;  // PEM
    std::string key;          // PEM
};

struct CertificateWish {
    std::string common_name = "somebody";
    std::string names;  // as OpenSSL writes them: "DNS:a.test,URI:spiffe://b"; empty: none
    long from_seconds = -3600;
    long to_seconds = 24L * 3600;
    bool authority = false;
    bool rsa = false;
    std::string key;  // PEM of the key to use; empty: a new one
};

/// The same with its key under a password.
inline Issued with_password(const Issued& issued, const std::string& password) {
    BIO* in = BIO_new_mem_buf(issued.key.data(), static_cast<int>(issued.key.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(out, key, EVP_aes_128_cbc(),
                             reinterpret_cast<const unsigned char*>(password.data()),
                             static_cast<int>(password.size()), nullptr, nullptr);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(out, &bytes);
    Issued locked{issued.certificate, {bytes, static_cast<std::size_t>(length)}};
    BIO_free(out);
    EVP_PKEY_free(key);
    BIO_free(in);
    return locked;
}

/// Issues certificates; itself signed by itself, or by another.
class Authority {
public:
    explicit Authority(const std::string& name = "Test Authority") {
        Issued own = issue_with(nullptr, nullptr, {.common_name = name, .authority = true});
        load(std::move(own));
    }
    Authority(const Authority& above, const std::string& name) {
        load(above.issue({.common_name = name, .authority = true}));
    }

    [[nodiscard]] Issued issue(const CertificateWish& wish) const {
        return issue_with(certificate_.get(), key_.get(), wish);
    }
    [[nodiscard]] const std::string& pem() const { return own_.certificate; }
    [[nodiscard]] const Issued& own() const { return own_; }

private:
    struct Free {
        void operator()(X509* object) const { X509_free(object); }
        void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
        void operator()(BIO* object) const { BIO_free(object); }
    };
    using CertificatePtr = std::unique_ptr<X509, Free>;
    using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
    using BioPtr = std::unique_ptr<BIO, Free>;

    static std::string text_of(BIO* bio) {
        char* bytes = nullptr;
        const long length = BIO_get_mem_data(bio, &bytes);
        return {bytes, static_cast<std::size_t>(length)};
    }
    static BioPtr reader(const std::string& pem) {
        return BioPtr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    }
    static void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    static KeyPtr key_for(const CertificateWish& wish) {
        if (!wish.key.empty()) {
            return KeyPtr{
                PEM_read_bio_PrivateKey(reader(wish.key).get(), nullptr, nullptr, nullptr)};
        }
        return KeyPtr{wish.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")};
    }

    static Issued issue_with(X509* issuer, EVP_PKEY* issuer_key, const CertificateWish& wish) {
        static long serial = 0;
        const KeyPtr key = key_for(wish);
        const CertificatePtr made{X509_new()};
        X509* certificate = made.get();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from_seconds);
        X509_gmtime_adj(X509_getm_notAfter(certificate), wish.to_seconds);
        X509_set_pubkey(certificate, key.get());
        X509_NAME* subject = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(wish.common_name.c_str()),
                                   -1, -1, 0);
        X509_set_issuer_name(certificate,
                             issuer != nullptr ? X509_get_subject_name(issuer) : subject);
        X509* above = issuer != nullptr ? issuer : certificate;
        extend(certificate, above, NID_basic_constraints,
               wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
        extend(certificate, above, NID_subject_key_identifier, "hash");
        if (!wish.names.empty()) extend(certificate, above, NID_subject_alt_name, wish.names);
        X509_sign(certificate, issuer_key != nullptr ? issuer_key : key.get(), EVP_sha256());
        const BioPtr certificate_text{BIO_new(BIO_s_mem())};
        const BioPtr key_text{BIO_new(BIO_s_mem())};
        PEM_write_bio_X509(certificate_text.get(), certificate);
        PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return {text_of(certificate_text.get()), text_of(key_text.get())};
    }

    void load(Issued own) {
        own_ = std::move(own);
        certificate_.reset(
            PEM_read_bio_X509(reader(own_.certificate).get(), nullptr, nullptr, nullptr));
        key_.reset(PEM_read_bio_PrivateKey(reader(own_.key).get(), nullptr, nullptr, nullptr));
    }

    Issued own_;
    CertificatePtr certificate_;
    KeyPtr key_;
};

}  // namespace penstock::test
