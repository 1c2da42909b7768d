// The handshake as a coroutine, for both sides.
#include <algorithm>
#include <utility>

#include <arpa/inet.h>

#include "penstock/net/await.h"
#include "penstock/net/tls.h"
#include "penstock/net/transport.h"
#include "tls_client.h"
#include "tls_server.h"
#include "tls_stream.h"

namespace penstock::net {

namespace {

Error failure_of(const TlsStream& stream) {
    const ErrorCode code = stream.verification_failed ? ErrorCode::tls_verification_failed
                                                      : ErrorCode::tls_handshake_failed;
    return Error{code, stream.failure};
}

Task<Result<void>> run(Loop& loop, Transport& transport, Millis deadline) {
    const TimePoint until = loop.now() + deadline;
    for (;;) {
        const TlsStep step = transport.try_handshake();
        if (step == TlsStep::done) co_return Result<void>{};
        if (step == TlsStep::failed) co_return failure_of(transport.tls());
        const bool reads = step == TlsStep::wants_read;
        const Millis left = std::max(std::chrono::ceil<Millis>(until - loop.now()), Millis{1});
        const bool in_time =
            co_await within(loop, left, [&transport, reads](Waiter* waiter) noexcept {
                if (reads) {
                    transport.when_readable(waiter);
                } else {
                    transport.when_writable(waiter);
                }
            });
        if (in_time) continue;
        transport.tls().outcome = TlsOutcome::timed_out;
        co_return Error{ErrorCode::tls_handshake_failed, "the TLS handshake took too long"};
    }
}

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
bool set_server_name(SSL& ssl, const ClientTls::Impl& tls, const std::string& host) {
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

}  // namespace

Task<Result<void>> handshake(Loop& loop, Transport& transport, std::shared_ptr<const ServerTls> tls,
                             Millis deadline) {
    SslPtr ssl{SSL_new(tls->impl().context.get())};
    if (!ssl) co_return Error{ErrorCode::tls_handshake_failed, take_ssl_error()};
    transport.start_tls(
        std::make_unique<TlsStream>(std::move(ssl), TlsRole::server, std::move(tls)));
    co_return co_await run(loop, transport, deadline);
}

Task<Result<void>> handshake(Loop& loop, Transport& transport, std::shared_ptr<const ClientTls> tls,
                             ClientHandshake with, Millis deadline) {
    const ClientTls::Impl& impl = tls->impl();
    SslPtr ssl{SSL_new(impl.context.get())};
    if (!ssl) co_return Error{ErrorCode::tls_handshake_failed, take_ssl_error()};
    if (!set_server_name(*ssl, impl, with.server_name)) {
        ERR_clear_error();
        co_return Error{ErrorCode::tls_verification_failed,
                        "\"" + with.server_name + "\" is no name that could be verified"};
    }
    if (!impl.alpn.empty()) {
        SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(impl.alpn.data()),
                            static_cast<unsigned>(impl.alpn.size()));
    }
    if (with.session) offer_session(*ssl, tls, *with.session, with.server_name);
    auto keeps = std::make_shared<const ClientKeeps>(ClientKeeps{tls, with.session});
    transport.start_tls(
        std::make_unique<TlsStream>(std::move(ssl), TlsRole::client, std::move(keeps)));
    co_return co_await run(loop, transport, deadline);
}

}  // namespace penstock::net
