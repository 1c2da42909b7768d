#include "prefix_hash.h"

#include "rendezvous.h"

namespace penstock::routing {

Decision PrefixHash::decide(const Input& input, Sheet sheet, Rng& rng) const noexcept {
    const std::uint32_t fit = count<is_in_place>(sheet);
    if (fit == 0) return {};
    const std::uint64_t key = rendezvous_key(input);
    if (key == 0) {
        Decision least = pick_least<is_in_place>(sheet, rng, load_of);
        least.reason = fit == 1 ? narrowed(sheet) : Reason::load;
        return least;
    }
    Decision decision;
    decision.row = rendezvous(key, sheet, bound_, is_in_place);
    // All are over the bound, which a bound below 1 may do.
    if (!decision.found()) decision = pick_least<is_in_place>(sheet, rng, load_of);
    decision.candidates = fit;
    decision.reason = fit == 1 ? narrowed(sheet) : Reason::hash;
    decision.terms = explain(input, sheet, decision.row);
    return decision;
}

std::array<float, k_terms> PrefixHash::explain(const Input& input, Sheet sheet,
                                               std::uint32_t row) const noexcept {
    std::array<float, k_terms> terms{};
    terms[static_cast<std::size_t>(Term::queue)] = load_of(sheet[row]);
    terms[static_cast<std::size_t>(Term::prefix)] =
        -rendezvous_score(rendezvous_key(input), sheet[row]);
    terms[static_cast<std::size_t>(Term::total)] = terms[static_cast<std::size_t>(Term::prefix)];
    return terms;
}

}  // namespace penstock::routing
