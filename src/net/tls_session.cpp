#include "tls_session.h"

#include <cstring>

namespace penstock::net {

namespace {

int seal_session(SSL* ssl, void* /*nothing*/) {
    return note_first_handshake(*SSL_get_session(ssl), Clock::now()) ? 1 : 0;
}

// What OpenSSL would do by itself, but for sessions that have had their time.
// NOLINTNEXTLINE(readability-function-size): OpenSSL asks so
SSL_TICKET_RETURN open_session(SSL* /*ssl*/, SSL_SESSION* session, const unsigned char* /*name*/,
                               std::size_t /*name_length*/, SSL_TICKET_STATUS status,
                               void* /*nothing*/) {
    const bool opened = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    if (!opened || !may_resume(*session, Clock::now())) return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

}  // namespace

bool peer_is_timely(SSL_SESSION& session) noexcept {
    const X509* peer = SSL_SESSION_get0_peer(&session);
    return peer == nullptr || X509_cmp_current_time(X509_get0_notAfter(peer)) > 0;
}

// The ticket never leaves this process to be read by another: its keys do not.
bool note_first_handshake(SSL_SESSION& session, TimePoint now) noexcept {
    if (first_handshake_of(session)) return true;
    const TimePoint::rep ticks = now.time_since_epoch().count();
    return SSL_SESSION_set1_ticket_appdata(&session, &ticks, sizeof ticks) == 1;
}

std::optional<TimePoint> first_handshake_of(SSL_SESSION& session) noexcept {
    void* bytes = nullptr;
    std::size_t length = 0;
    TimePoint::rep ticks = 0;
    if (SSL_SESSION_get0_ticket_appdata(&session, &bytes, &length) != 1) return std::nullopt;
    if (length != sizeof ticks) return std::nullopt;
    std::memcpy(&ticks, bytes, sizeof ticks);
    return TimePoint{TimePoint::duration{ticks}};
}

bool may_resume(SSL_SESSION& session, TimePoint now) noexcept {
    const std::optional<TimePoint> first = first_handshake_of(session);
    return first && now - *first < k_session_chain && peer_is_timely(session);
}

void limit_sessions(SSL_CTX& context) {
    SSL_CTX_set_session_ticket_cb(&context, &seal_session, &open_session, nullptr);
}

}  // namespace penstock::net
