// Pickers and what they share: going over fit rows, unbiased ties.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "penstock/base/rng.h"
#include "penstock/fleet/sheet.h"
#include "penstock/routing/policy.h"

namespace penstock::routing {

using Sheet = std::span<const fleet::SheetRow>;

/// Which rows a policy chooses among: all that are fit, or those that soft filters leave. While any
/// is fit, one is wanted.
using Candidate = bool (*)(const fleet::SheetRow& row) noexcept;
[[nodiscard]] inline bool is_fit(const fleet::SheetRow& row) noexcept {
    return row.unfit == fleet::k_fit;
}
[[nodiscard]] inline bool is_in_place(const fleet::SheetRow& row) noexcept {
    return row.unfit == fleet::k_fit && !row.out_of_place;
}
[[nodiscard]] inline bool is_wanted(const fleet::SheetRow& row) noexcept {
    return is_in_place(row) && !row.off_home;
}

template <Candidate is_candidate>
[[nodiscard]] std::uint32_t count(Sheet sheet) noexcept {
    std::uint32_t found = 0;
    for (const fleet::SheetRow& row : sheet) found += is_candidate(row) ? 1 : 0;
    return found;
}

/// Why there is only one candidate, if there is.
[[nodiscard]] inline Reason narrowed(Sheet sheet) noexcept {
    Reason reason = Reason::only;
    for (const fleet::SheetRow& row : sheet) {
        if (is_in_place(row) && row.off_home) return Reason::session;
        if (is_fit(row) && row.out_of_place) reason = Reason::place;
    }
    return reason;
}

/// The n-th wanted row. Precondition: there are more than `n`.
[[nodiscard]] inline std::uint32_t nth_wanted(Sheet sheet, std::uint32_t n) noexcept {
    for (std::uint32_t i = 0; i < sheet.size(); ++i) {
        if (is_wanted(sheet[i]) && n-- == 0) return i;
    }
    return Decision::k_nobody;
}

/// Requests on a backend per unit of its weight: what was polled, but never less than what this
/// proxy knows of.
[[nodiscard]] inline float load_of(const fleet::SheetRow& row) noexcept {
    return std::max(row.running + row.waiting, row.in_flight) / std::max(row.weight, 1e-6F);
}

/// The candidate of least cost, each of several equal ones with the same chance. `cost(row)`, which
/// is divided by the row's weight already, is called once per candidate.
template <Candidate is_candidate, class Cost>
[[nodiscard]] Decision pick_least(Sheet sheet, Rng& rng, Cost cost) noexcept {
    constexpr float k_equal = 1e-4F;  // relative difference below which costs count as equal, and
                                      // the absolute one of costs below 1 before the division
    Decision decision;
    float least = 0;
    float weight = 0;  // of the least
    std::uint32_t equals = 0;
    for (std::uint32_t i = 0; i < sheet.size(); ++i) {
        if (!is_candidate(sheet[i])) continue;
        ++decision.candidates;
        const float value = cost(sheet[i]);
        const float one = 1 / std::max({sheet[i].weight, weight, 1e-6F});
        const float margin = k_equal * std::max(one, std::abs(least));
        if (!decision.found() || value < least - margin) {
            decision.row = i;
            least = value;
            weight = sheet[i].weight;
            equals = 1;
        } else if (value <= least + margin && rng.below(++equals) == 0) {
            decision.row =
                i;  // reservoir sampling: the n-th equal one replaces the pick with chance 1/n
        }
    }
    return decision;
}

}  // namespace penstock::routing
