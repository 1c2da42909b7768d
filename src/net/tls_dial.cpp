// A client's end of a connection: which name it asks for, what it offers, what it remembers.
#include <utility>

#include <arpa/inet.h>

#include "tls_client.h"

namespace penstock::net {

namespace {

bool is_address(const std::string& host) {
    in6_addr bytes{};
    return ::inet_pton(AF_INET, host.c_str(), &bytes) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

bool send_server_name(SSL& ssl, std::string host) {
    // What SSL_set_tlsext_host_name is, less its old-style cast. OpenSSL copies the text.
    return SSL_ctrl(&ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) ==
           1;
}

// Tells OpenSSL which name to ask for and to verify. With names of the operator's own choice those
// count instead (`verify_with_names`).
bool set_server_name(SSL& ssl, const ClientTls::Impl& tls, std::string host) {
    // The dot says that a name is whole. Hellos and certificates bear it without (RFC 6066 3).
    if (host.ends_with('.')) host.pop_back();
    if (host.empty()) return tls.insecure || !tls.names.empty();
    const bool address = is_address(host);
    if (!address && !send_server_name(ssl, host)) return false;
    if (tls.insecure || !tls.names.empty()) return true;
    X509_VERIFY_PARAM* verification = SSL_get0_param(&ssl);
    if (address) return X509_VERIFY_PARAM_set1_ip_asc(verification, host.c_str()) == 1;
    SSL_set_hostflags(&ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(&ssl, host.c_str()) == 1;
}

struct ClientKeeps {
    std::shared_ptr<const ClientTls> tls;
    std::shared_ptr<TlsSessionSlot> slot;
};

void offer_session(SSL& ssl, const std::shared_ptr<const ClientTls>& tls, TlsSessionSlot& slot,
                   const std::string& server_name) {
    if (slot.made_with != tls || slot.server_name != server_name) {
        slot.newest.reset();
        slot.made_with = tls;
        slot.server_name = server_name;
    }
    if (slot.newest) SSL_set_session(&ssl, slot.newest.get());
    SSL_set_app_data(&ssl, &slot);
}

bool offer_protocols(SSL& ssl, const std::string& wire) {
    // It returns 0 when it has worked.
    return wire.empty() ||
           SSL_set_alpn_protos(&ssl, reinterpret_cast<const unsigned char*>(wire.data()),
                               static_cast<unsigned>(wire.size())) == 0;
}

}  // namespace

Result<std::unique_ptr<TlsStream>> client_stream(const ClientHandshake& with) {
    const ClientTls::Impl& impl = with.tls->impl();
    SslPtr ssl{SSL_new(impl.context.get())};
    if (!ssl) return Error{ErrorCode::tls_handshake_failed, take_ssl_error()};
    if (!set_server_name(*ssl, impl, with.server_name)) {
        ERR_clear_error();
        return Error{ErrorCode::tls_verification_failed,
                     "\"" + with.server_name + "\" is no name that could be verified"};
    }
    if (!offer_protocols(*ssl, with.alpn.empty() ? impl.alpn : alpn_wire(with.alpn))) {
        return Error{ErrorCode::tls_handshake_failed, take_ssl_error()};
    }
    if (with.session) offer_session(*ssl, with.tls, *with.session, with.server_name);
    auto keeps = std::make_shared<const ClientKeeps>(ClientKeeps{with.tls, with.session});
    return std::make_unique<TlsStream>(std::move(ssl), TlsRole::client, std::move(keeps));
}

}  // namespace penstock::net
