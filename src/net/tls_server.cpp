#include "tls_server.h"

#include <algorithm>
#include <utility>

#include "penstock/base/ascii.h"
#include "penstock/net/sha256.h"
#include "tls_session.h"

namespace penstock::net {

namespace {

using Impl = ServerTls::Impl;

// Of a client, in bytes: 8 certificates of the largest kind in use. OpenSSL would reserve 100 KiB
// for whoever says that so much will come.
constexpr long k_chain_max = 32L * 1024;

// The default identity is in the context; another host's takes its place for this connection.
int choose_identity(SSL* ssl, void* argument) {
    const Impl& impl = *static_cast<const Impl*>(argument);
    const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::vector<std::size_t>* found = host != nullptr ? impl.find(host) : nullptr;
    if (found == nullptr) return 1;
    SSL_certs_clear(ssl);
    for (const std::size_t index : *found) {
        if (!use_identity(*ssl, impl.identities[index])) return 0;
    }
    return 1;
}

// NOLINTNEXTLINE(readability-function-size): OpenSSL asks so
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned offered_length, void* argument) {
    const std::string& ours = static_cast<const Impl*>(argument)->alpn;
    unsigned char* out = nullptr;
    const int verdict = SSL_select_next_proto(
        &out, chosen_length, reinterpret_cast<const unsigned char*>(ours.data()),
        static_cast<unsigned>(ours.size()), offered, offered_length);
    *chosen = out;
    return verdict == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// NOLINTNEXTLINE(readability-function-size): OpenSSL asks so
int handle_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac, int seal) {
    auto* side = static_cast<TlsSide*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    return seal_or_open_ticket(*static_cast<Impl*>(side)->ticket_keys, name, iv, cipher, mac,
                               seal == 1);
}

// A session resumes only where the same clients are believed: its certificate is not verified
// again.
void bind_sessions(SSL_CTX& context, const ServerTlsOptions& options) {
    std::string trust = options.client_ca.pem;
    trust += static_cast<char>(options.client_certificate);
    for (const std::string& name : options.client_names) trust.append(name).append("\n");
    const auto digest = sha256(trust);
    SSL_CTX_set_session_id_context(&context, digest.data(), digest.size());
}

bool verify_clients(Impl& impl, const ServerTlsOptions& options,
                    std::vector<TlsProblem>& problems) {
    if (options.client_certificate == ClientCertificate::off) return true;
    SSL_CTX& context = *impl.context;
    if (!trust_file(context, options.client_ca, problems)) return false;
    for (const CertificatePtr& each : read_certificates(options.client_ca)) {
        SSL_CTX_add_client_CA(&context, each.get());
    }
    SSL_CTX_set_max_cert_list(&context, k_chain_max);
    const bool required = options.client_certificate == ClientCertificate::required;
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       nullptr);
    SSL_CTX_set_cert_verify_callback(&context, &verify_with_names, static_cast<TlsSide*>(&impl));
    return true;
}

bool read_identities(Impl& impl, const ServerTlsOptions& options,
                     std::vector<TlsProblem>& problems) {
    for (std::size_t i = 0; i < options.certificates.size(); ++i) {
        std::optional<TlsIdentity> identity = read_identity(options.certificates[i], i, problems);
        if (!identity) continue;
        // Trying it tells what the policy refuses, a key that is too short for instance. Not on our
        // context, which has a place for each type of key: another host's would stay there.
        const SslContextPtr trial = make_context(TLS_server_method(), options.min_version);
        if (!use_identity(*trial, *identity)) {
            problems.push_back({TlsProblem::Where::certificate, i,
                                "\"" + options.certificates[i].certificate.path +
                                    "\" cannot be used: " + take_ssl_error()});
            continue;
        }
        impl.add(std::move(*identity));
    }
    return !options.certificates.empty() && impl.identities.size() == options.certificates.size();
}

void set_callbacks(Impl& impl) {
    SSL_CTX& context = *impl.context;
    SSL_CTX_set_app_data(&context, static_cast<TlsSide*>(&impl));
    SSL_CTX_set_cert_cb(&context, &choose_identity, &impl);
    if (!impl.alpn.empty()) SSL_CTX_set_alpn_select_cb(&context, &choose_protocol, &impl);
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);  // tickets only
    SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, &handle_ticket);
    limit_sessions(context);
    // Clients end with a FIN alone; what they sent is framed, so that nothing can be cut off.
    SSL_CTX_set_options(&context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

}  // namespace

void ServerTls::Impl::add(TlsIdentity identity) {
    const std::size_t index = identities.size();
    certificates.push_back(identity.facts);
    identities.push_back(std::move(identity));
    const auto kind_of = [this](std::size_t each) {
        return EVP_PKEY_get_base_id(identities[each].key.get());
    };
    const auto same_kind = [&](std::size_t each) { return kind_of(each) == kind_of(index); };
    for (const std::string& each : identities[index].facts.names) {
        const std::string name = lower_case(each);
        std::vector<std::size_t>& known = by_name[name.starts_with("*.") ? name.substr(1) : name];
        if (std::ranges::none_of(known, same_kind)) known.push_back(index);
    }
}

const std::vector<std::size_t>* ServerTls::Impl::find(std::string_view host) const {
    std::string name = lower_case(host);
    if (name.ends_with('.')) name.pop_back();
    if (name.starts_with('.')) return nullptr;
    auto found = by_name.find(name);
    if (found == by_name.end()) {  // a star stands for one label (RFC 6125 6.4.3)
        const std::size_t dot = name.find('.');
        if (dot == std::string::npos) return nullptr;
        found = by_name.find(name.substr(dot));
    }
    return found != by_name.end() ? &found->second : nullptr;
}

ServerTls::Loaded ServerTls::load(const ServerTlsOptions& options,
                                  std::shared_ptr<TlsTicketKeys> keys) {
    Loaded loaded;
    auto impl = std::make_unique<Impl>();
    impl->context = make_context(TLS_server_method(), options.min_version);
    impl->names = options.client_names;
    impl->alpn = alpn_wire(options.alpn);
    impl->ticket_keys = std::move(keys);
    bool good = read_identities(*impl, options, loaded.problems);
    good &= verify_clients(*impl, options, loaded.problems);
    if (!good) return loaded;
    SSL_CTX* context = impl->context.get();
    if (!use_identity(*context, impl->identities.front())) return loaded;
    bind_sessions(*context, options);
    set_callbacks(*impl);
    loaded.tls = std::make_shared<const ServerTls>(std::move(impl));
    return loaded;
}

ServerTls::ServerTls(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ServerTls::~ServerTls() = default;

const std::vector<TlsCertificate>& ServerTls::certificates() const noexcept {
    return impl_->certificates;
}

}  // namespace penstock::net
