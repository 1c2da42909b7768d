// The candidates of a decision as people may read them: in a response's head, in the access line
// and in the admin listener's /explain.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "penstock/fleet/identity.h"
#include "penstock/fleet/load.h"
#include "penstock/fleet/sheet.h"
#include "penstock/routing/policy.h"

namespace penstock::proxy {

/// One backend as a decision saw it. `backend` is its generation's.
struct Candidate {
    const fleet::Backend* backend = nullptr;
    fleet::SheetRow row;
    fleet::Health health = fleet::Health::unknown;
    bool ejected = false;
    bool chosen = false;
    std::array<float, routing::k_terms> terms{};  // also of those that are unfit
};

/// How many a head or a line tells: the best say why.
inline constexpr std::size_t k_candidates_told = 8;

/// Best first: the chosen one, the fit ones by their totals, the unfit ones.
void rank(std::vector<Candidate>& candidates);

/// The words of a row's unfitness, each of them behind a comma but the first; empty: it is fit.
[[nodiscard]] std::string unfit_words(std::uint8_t unfit);

/// The terms as people read them, with "; " between them: `total=145ms`, or `total=3` of a policy
/// whose terms are no times.
void append_terms(std::string& out, const std::array<float, routing::k_terms>& terms,
                  const routing::Policy& policy);

/// The value of an X-Penstock-Candidate.
[[nodiscard]] std::string candidate_text(const Candidate& candidate, const routing::Policy& policy);

/// A JSON array on one line. Each is
///
///     {"backend": "http://10.0.0.1:8000", "chosen": true,
///      "unfit": ["full"],       why it may not be picked: unhealthy, draining, other_model, full,
///                               excluded (it has failed this request), no_weight, other_labels;
///                               most often []
///      "health": "healthy", "ejected": false, "weight": 1,
///      "fresh": true,           its metrics are young enough to be believed
///      "running": 3, "waiting": 0, "in_flight": 2, "kv_usage": 0.4,
///      "held_blocks": 9,        of the prompt, by the prefix index
///      "cache_off": false,      true: they are not counted on, it finds nothing cached
///      "adapter": "loaded",     what the request's LoRA finds there: none (it wants none), loaded,
///                               free, idle (one that nobody uses has to go), busy (it waits)
///      "terms_ms": {"total": 15.2, "queue": 1.2, …}}
///
/// `terms_ms` is called `terms` with a policy whose terms are no times.
[[nodiscard]] std::string candidates_json(std::span<const Candidate> candidates,
                                          const routing::Policy& policy);

}  // namespace penstock::proxy
