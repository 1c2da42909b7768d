// Which sessions may be taken up again. Whoever resumes one shows no certificate and is verified by
// nobody, and gets new tickets, so that without an end of its own a chain of sessions would outlive
// the certificate that it began with, and the keys that its tickets are sealed with.
#pragma once

#include <chrono>
#include <optional>

#include "penstock/base/units.h"
#include "tls_handles.h"

namespace penstock::net {

/// From the first handshake, which had all of it verified, to the last that may resume it.
inline constexpr std::chrono::hours k_session_chain{24};

/// The peer's certificate, if it has shown one, has not expired.
[[nodiscard]] bool peer_is_timely(SSL_SESSION& session) noexcept;

/// Puts the time of the first handshake into the session, to be carried in its tickets; keeps that
/// of a session which was resumed. False: no memory.
[[nodiscard]] bool note_first_handshake(SSL_SESSION& session, TimePoint now) noexcept;
[[nodiscard]] std::optional<TimePoint> first_handshake_of(SSL_SESSION& session) noexcept;

/// Of a session that came in a ticket of ours.
[[nodiscard]] bool may_resume(SSL_SESSION& session, TimePoint now) noexcept;

/// Sees to all of this on a server's side.
void limit_sessions(SSL_CTX& context);

}  // namespace penstock::net
