// From a request and the state of the fleet to a charged backend.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exchange.h"
#include "penstock/fleet/charge.h"
#include "penstock/routing/policy.h"

namespace penstock::proxy {

/// The pool's backends into `worker.sheet`, as this request sees them without those `excluded`; and
/// what a policy is to know of the request. An explanation learns nothing from it.
[[nodiscard]] routing::Input survey(Exchange& exchange, const std::vector<fleet::Slot>& excluded);

/// Where somebody is to be told them: the decision's candidates into `exchange.candidates`, all of
/// them for who asks, else the best. Precondition: `worker.sheet` is what the decision saw.
void keep_candidates(Exchange& exchange, const routing::Input& input,
                     const routing::Decision& decision);

/// The refusal where a policy has found nobody: too_many_requests when some backend is only full,
/// else no_healthy_backend. Precondition: `worker.sheet` is what the decision saw.
[[nodiscard]] Error nobody_fits(const Exchange& exchange);

struct Pick {
    const fleet::Backend* backend = nullptr;
    routing::Decision decision;
    fleet::Charge charge;
    float tokens_ahead = 0;  // that will be prefilled before its own
    float own_tokens = 0;    // of its prompt, not taken for cached
    std::uint32_t prompt_tokens = 0;
    std::uint32_t believed_tokens = 0;  // of them, that are cached there by the prefix index
    bool cache_off = false;             // but not counted on
    float prefill_s = 0;                // how long that should take there
    float batch = 1;                    // requests it will be decoded beside, itself included
    fleet::AdapterRoom adapter = fleet::AdapterRoom::none;  // what its LoRA finds there
    float own_share = 1;                                    // of the requests there, by this proxy
};

/// Picks a backend of `exchange.pool` that is not among `excluded`, and charges it at once. Errors:
/// no_healthy_backend, too_many_requests (all are at their limit).
[[nodiscard]] Result<Pick> decide(Exchange& exchange, const std::vector<fleet::Slot>& excluded);

/// Notes the pick as the request's next attempt.
void record_pick(Exchange& exchange, const Pick& pick);

/// True when another backend than `slot` and `excluded` is fit to be asked.
[[nodiscard]] bool others_fit(const Exchange& exchange, fleet::Slot slot,
                              const std::vector<fleet::Slot>& excluded);

/// The value of X-Penstock-Explain: the chosen backend, the reason, and its terms.
[[nodiscard]] std::string explanation(const Exchange& exchange, const fleet::Backend& backend,
                                      const routing::Decision& decision);

}  // namespace penstock::proxy
