// The session a request belongs to, by its pool's sources.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "penstock/fleet/identity.h"

namespace penstock::proxy {

struct Exchange;

struct Session {
    std::uint64_t name = 0;           // a hash, the same in every proxy; 0: none
    std::uint64_t key = 0;            // in the memory of sessions
    std::string_view source;          // as configured
    std::optional<fleet::Slot> home;  // who served it last, or was sent its first
};

/// Fills `exchange.session`; the last part of `choose_pool`.
void find_session(Exchange& exchange);

/// A new session's request was sent to `slot`: what comes before its answer follows it there. Kept
/// beside what `remember_session` keeps and weaker than it, so that it can be taken back without
/// harm to what another request has proven meanwhile.
void claim_session(const Exchange& exchange, fleet::Slot slot) noexcept;
/// That request has ended, whichever way.
void unclaim_session(const Exchange& exchange, fleet::Slot slot) noexcept;

/// The session was served at `slot`, and is at home there.
void remember_session(const Exchange& exchange, fleet::Slot slot) noexcept;
/// It is not, after all, whoever said so.
void forget_session(const Exchange& exchange, fleet::Slot slot) noexcept;

/// Whether the answer's own id will lead back to where it came from: an answer of the responses API
/// in a pool with the source "conversation".
[[nodiscard]] bool learns_answer_id(const Exchange& exchange) noexcept;
/// It came from `slot`, and begins with `head`.
void learn_answer_id(const Exchange& exchange, std::string_view head, fleet::Slot slot) noexcept;

/// What happened to it at a pick: "kept", "moved", "new"; empty: there is no session.
[[nodiscard]] std::string_view session_outcome(const Exchange& exchange, fleet::Slot slot) noexcept;

}  // namespace penstock::proxy
