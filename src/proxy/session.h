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
    std::optional<fleet::Slot> home;  // who served it last
};

/// Fills `exchange.session`; the last part of `choose_pool`.
void find_session(Exchange& exchange);

/// The session is at home at `slot`.
void remember_session(const Exchange& exchange, fleet::Slot slot) noexcept;
/// It is not, after all.
void forget_session(const Exchange& exchange, fleet::Slot slot) noexcept;

/// Whether the answer's own id will lead back to where it came from: an answer of the responses API
/// in a pool with the source "conversation".
[[nodiscard]] bool learns_answer_id(const Exchange& exchange) noexcept;
/// It came from `slot`, and begins with `head`.
void learn_answer_id(const Exchange& exchange, std::string_view head, fleet::Slot slot) noexcept;

/// What happened to it at a pick: "kept", "moved", "new"; empty: there is no session.
[[nodiscard]] std::string_view session_outcome(const Exchange& exchange, fleet::Slot slot) noexcept;

}  // namespace penstock::proxy
