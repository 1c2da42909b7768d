#include "prefix_hash.h"

#include <algorithm>
#include <cmath>

#include "pick.h"

namespace penstock::routing {

namespace {

// Far enough into the prompt to tell applications apart, near enough that turns of one conversation
// agree.
constexpr std::size_t k_hashed_blocks = 4;

std::uint64_t key_of(const Input& input) noexcept {
    if (input.session != 0) return input.session;
    if (input.blocks.empty()) return 0;
    return input.blocks[std::min(k_hashed_blocks, input.blocks.size()) - 1];
}

std::uint64_t mixed(std::uint64_t z) noexcept {  // SplitMix64's finaliser
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

/// Weighted rendezvous score: the highest wins, each backend in proportion to its weight.
float score(std::uint64_t key, const fleet::SheetRow& row) noexcept {
    const double unit =
        (static_cast<double>(mixed(key ^ mixed(row.identity)) >> 11U) + 0.5) * 0x1.0p-53;
    return static_cast<float>(-static_cast<double>(row.weight) / std::log(unit));
}

/// The fit row of the highest score among those that carry at most `most`. Not by `pick_least`:
/// near scores are no ties here, since chance would make proxies disagree.
Decision pick_highest(std::uint64_t key, Sheet sheet, float most) noexcept {
    Decision decision;
    float highest = 0;
    for (std::uint32_t i = 0; i < sheet.size(); ++i) {
        if (sheet[i].unfit != fleet::k_fit || load_of(sheet[i]) > most) continue;
        const float value = score(key, sheet[i]);
        const bool higher = !decision.found() || value > highest ||
                            (value == highest && sheet[i].identity < sheet[decision.row].identity);
        if (!higher) continue;
        decision.row = i;
        highest = value;
    }
    return decision;
}

}  // namespace

Decision PrefixHash::decide(const Input& input, Sheet sheet, Rng& rng) const noexcept {
    const std::uint32_t fit = count_fit(sheet);
    if (fit == 0) return {};
    const std::uint64_t key = key_of(input);
    if (key == 0) {
        Decision least = pick_least(sheet, rng, load_of);
        least.reason = fit == 1 ? Reason::only : Reason::load;
        return least;
    }
    float all = 1;  // this request counts: an idle fleet must admit it
    for (const fleet::SheetRow& row : sheet) all += row.unfit == fleet::k_fit ? load_of(row) : 0;
    const float most = bound_ * all / static_cast<float>(fit);
    Decision decision = pick_highest(key, sheet, most);
    // All are over the bound, which a bound below 1 may do.
    if (!decision.found()) decision = pick_least(sheet, rng, load_of);
    decision.candidates = fit;
    decision.reason = fit == 1 ? Reason::only : Reason::hash;
    decision.terms = explain(input, sheet, decision.row);
    return decision;
}

std::array<float, k_terms> PrefixHash::explain(const Input& input, Sheet sheet,
                                               std::uint32_t row) const noexcept {
    std::array<float, k_terms> terms{};
    terms[static_cast<std::size_t>(Term::queue)] = load_of(sheet[row]);
    terms[static_cast<std::size_t>(Term::prefix)] = -score(key_of(input), sheet[row]);
    terms[static_cast<std::size_t>(Term::total)] = terms[static_cast<std::size_t>(Term::prefix)];
    return terms;
}

}  // namespace penstock::routing
