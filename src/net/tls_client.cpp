#include "tls_client.h"

#include <utility>

namespace penstock::net {

namespace {

// Called when a session comes, with TLS 1.3 at any time while the connection stands. 1: it is ours
// now. The slot may be another trust's or name's by then, which have not verified this server.
int keep_session(SSL* ssl, SSL_SESSION* session) {
    const auto& keeps = *static_cast<const ClientKeeps*>(SSL_get_app_data(ssl));
    TlsSessionSlot* const slot = keeps.slot.get();
    if (slot == nullptr || slot->made_with != keeps.tls || slot->server_name != keeps.server_name) {
        return 0;
    }
    slot->newest.reset(session);
    return 1;
}

bool trust(SSL_CTX& context, const ClientTlsOptions& options, std::vector<TlsProblem>& problems) {
    if (!options.ca.path.empty()) return trust_file(context, options.ca, problems);
    if (SSL_CTX_set_default_verify_paths(&context) == 1) return true;
    problems.push_back(
        {TlsProblem::Where::ca, 0, "the system's certificates: " + take_ssl_error()});
    return false;
}

bool present_own(SSL_CTX& context, const TlsKeyPair& own, std::vector<TlsProblem>& problems) {
    if (own.certificate.path.empty()) return true;
    const std::optional<TlsIdentity> identity = read_identity(own, 0, problems);
    if (!identity) return false;
    if (use_identity(context, *identity)) return true;  // it holds its own references
    problems.push_back({TlsProblem::Where::certificate, 0,
                        "\"" + own.certificate.path + "\" cannot be used: " + take_ssl_error()});
    return false;
}

}  // namespace

ClientTls::Loaded ClientTls::load(const ClientTlsOptions& options) {
    Loaded loaded;
    auto impl = std::make_unique<Impl>();
    impl->context = make_context(TLS_client_method(), options.min_version);
    impl->names = options.names;
    impl->insecure = options.insecure;
    impl->alpn = alpn_wire(options.alpn);
    SSL_CTX& context = *impl->context;
    bool good = options.insecure || trust(context, options, loaded.problems);
    good &= present_own(context, options.own, loaded.problems);
    if (!good) return loaded;
    SSL_CTX_set_app_data(&context, static_cast<TlsSide*>(impl.get()));
    if (!options.insecure) {
        SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(&context, &verify_with_names,
                                         static_cast<TlsSide*>(impl.get()));
    }
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(&context, &keep_session);
    loaded.tls = std::make_shared<const ClientTls>(std::move(impl));
    return loaded;
}

ClientTls::ClientTls(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ClientTls::~ClientTls() = default;

std::shared_ptr<TlsSessionSlot> make_tls_session_slot() {
    return std::make_shared<TlsSessionSlot>();
}

}  // namespace penstock::net
