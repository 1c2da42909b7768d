#include "tls_names.h"

#include <algorithm>

#include <arpa/inet.h>

#include "penstock/base/ascii.h"
#include "penstock/base/wildcard.h"

namespace penstock::net {

namespace {

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Release<&GENERAL_NAMES_free>>;

/// Empty for what is no text: a zero byte in a name has fooled verifiers before.
std::string text_of(const ASN1_STRING* value) {
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
    const std::string_view text{bytes, static_cast<std::size_t>(ASN1_STRING_length(value))};
    const bool clean = std::all_of(text.begin(), text.end(),
                                   [](char each) { return each > ' ' && each < '\x7f'; });
    return clean ? std::string{text} : std::string{};
}

std::string address_of(const ASN1_OCTET_STRING* value) {
    char text[INET6_ADDRSTRLEN] = "";
    const int length = ASN1_STRING_length(value);
    const unsigned char* bytes = ASN1_STRING_get0_data(value);
    if (length == 4) ::inet_ntop(AF_INET, bytes, text, sizeof text);
    if (length == 16) ::inet_ntop(AF_INET6, bytes, text, sizeof text);
    return text;
}

std::string name_in(const GENERAL_NAME& name) {
    switch (name.type) {
        case GEN_DNS:
            return lower_case(text_of(name.d.dNSName));
        case GEN_URI:
            return text_of(name.d.uniformResourceIdentifier);
        case GEN_EMAIL:
            return text_of(name.d.rfc822Name);
        case GEN_IPADD:
            return address_of(name.d.iPAddress);
        default:
            return {};
    }
}

std::string common_name(const X509& certificate) {
    const X509_NAME* subject = X509_get_subject_name(&certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    unsigned char* utf8 = nullptr;
    const int length =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0) return {};
    std::string text{reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length)};
    OPENSSL_free(utf8);
    const bool clean = std::all_of(text.begin(), text.end(), [](char each) {
        return static_cast<unsigned char>(each) >= ' ' && each != '\x7f';
    });
    return clean ? text : std::string{};
}

// A certificate may bear hundreds, of any length.
constexpr std::size_t k_names_told = 4;
constexpr std::size_t k_name_told = 128;

/// "a.test, b.test".
std::string told(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t n = 0; n < names.size() && n < k_names_told; ++n) {
        text += (n > 0 ? ", " : "") + names[n].substr(0, k_name_told);
    }
    if (names.size() > k_names_told) text += ", ...";
    return names.empty() ? "nobody" : text;
}

int refused_names_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

}  // namespace

std::vector<std::string> names_of(const X509& certificate) {
    std::vector<std::string> names;
    const NamesPtr listed{static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
    for (int i = 0; listed && i < sk_GENERAL_NAME_num(listed.get()); ++i) {
        std::string name = name_in(*sk_GENERAL_NAME_value(listed.get(), i));
        if (!name.empty()) names.push_back(std::move(name));
    }
    if (listed) return names;
    if (std::string name = common_name(certificate); !name.empty()) {
        names.push_back(std::move(name));
    }
    return names;
}

std::string subject_of(const X509& certificate) {
    const BioPtr text{BIO_new(BIO_s_mem())};
    if (!text) return {};
    X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(std::max(length, 0L))};
}

std::vector<std::string> allowed_names(const X509& certificate,
                                       const std::vector<std::string>& wanted) {
    std::vector<std::string> names = names_of(certificate);
    std::erase_if(names, [&wanted](const std::string& name) {
        return std::ranges::none_of(
            wanted, [&name](const std::string& pattern) { return matches_glob(pattern, name); });
    });
    return names;
}

std::vector<std::string> verified_names(const SSL& ssl, const X509& certificate) {
    const auto* side = static_cast<const TlsSide*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(&ssl)));
    if (!side->names.empty()) return allowed_names(certificate, side->names);
    // OpenSSL's own word for it is not kept in a session that is resumed.
    const char* asked = SSL_get_servername(&ssl, TLSEXT_NAMETYPE_host_name);
    if (asked != nullptr && SSL_is_server(&ssl) == 0) return {asked};
    return names_of(certificate);
}

int verify_with_names(X509_STORE_CTX* store, void* side) {
    const X509* certificate = X509_STORE_CTX_get0_cert(store);
    if (X509_verify_cert(store) > 0) {
        const std::vector<std::string>& wanted = static_cast<const TlsSide*>(side)->names;
        if (wanted.empty() || !allowed_names(*certificate, wanted).empty()) return 1;
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    }
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* noted = static_cast<std::string*>(SSL_get_ex_data(ssl, refused_names_index()));
    if (noted != nullptr) *noted = told(names_of(*certificate));
    return 0;
}

void note_refused_names(SSL& ssl, std::string& into) {
    SSL_set_ex_data(&ssl, refused_names_index(), &into);
}

}  // namespace penstock::net
