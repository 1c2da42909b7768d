#include "load_policies.h"

#include <cmath>

#include "pick.h"

namespace penstock::routing {

namespace {

Decision chosen(Sheet sheet, std::uint32_t row, std::uint32_t candidates, Reason reason) noexcept {
    Decision decision{
        .row = row, .reason = candidates == 1 ? narrowed(sheet) : reason, .candidates = candidates};
    decision.terms[0] = load_of(sheet[row]);
    return decision;
}

/// The wanted row in whose share of all weights the point `at` (0..1) falls.
std::uint32_t row_at(Sheet sheet, double at) noexcept {
    double all = 0;
    for (const fleet::SheetRow& row : sheet)
        all += is_wanted(row) ? static_cast<double>(row.weight) : 0;
    double left = at * all;
    std::uint32_t last = Decision::k_nobody;
    for (std::uint32_t i = 0; i < sheet.size(); ++i) {
        if (!is_wanted(sheet[i])) continue;
        last = i;
        left -= static_cast<double>(sheet[i].weight);
        if (left < 0) return i;
    }
    return last;  // rounding may leave a rest
}

bool equal_weights(Sheet sheet) noexcept {
    float first = -1;
    for (const fleet::SheetRow& row : sheet) {
        if (!is_wanted(row)) continue;
        if (first < 0) first = row.weight;
        if (row.weight != first) return false;
    }
    return true;
}

}  // namespace

std::array<float, k_terms> LoadPolicy::explain(const Input& /*input*/, Sheet sheet,
                                               std::uint32_t row) const noexcept {
    return {load_of(sheet[row])};
}

Decision LeastLoad::decide(const Input& /*input*/, Sheet sheet, Rng& rng) const noexcept {
    const Decision least = pick_least<is_wanted>(sheet, rng, load_of);
    return least.found() ? chosen(sheet, least.row, least.candidates, Reason::load) : least;
}

Decision PowerOfTwo::decide(const Input& /*input*/, Sheet sheet, Rng& rng) const noexcept {
    const std::uint32_t fit = count<is_wanted>(sheet);
    if (fit == 0) return {};
    const std::uint32_t first = rng.below(fit);
    // The second among the others: the same twice would be no choice.
    const std::uint32_t second = fit == 1 ? first : (first + 1 + rng.below(fit - 1)) % fit;
    const std::uint32_t a = nth_wanted(sheet, first);
    const std::uint32_t b = nth_wanted(sheet, second);
    return chosen(sheet, load_of(sheet[b]) < load_of(sheet[a]) ? b : a, fit, Reason::load);
}

Decision RoundRobin::decide(const Input& input, Sheet sheet, Rng& /*rng*/) const noexcept {
    const std::uint32_t fit = count<is_wanted>(sheet);
    if (fit == 0) return {};
    if (equal_weights(sheet)) {
        return chosen(sheet, nth_wanted(sheet, static_cast<std::uint32_t>(input.sequence % fit)),
                      fit, Reason::turn);
    }
    // Multiples of the golden ratio spread evenly over any division of the interval.
    constexpr double k_golden = 0.6180339887498949;
    const double turn = static_cast<double>(input.sequence) * k_golden;
    return chosen(sheet, row_at(sheet, turn - std::floor(turn)), fit, Reason::turn);
}

Decision Random::decide(const Input& /*input*/, Sheet sheet, Rng& rng) const noexcept {
    const std::uint32_t fit = count<is_wanted>(sheet);
    if (fit == 0) return {};
    return chosen(sheet, row_at(sheet, rng.unit()), fit, Reason::chance);
}

}  // namespace penstock::routing
