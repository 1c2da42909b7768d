// Weighted rendezvous hashing with bounded load: every proxy gives the same key the same order of
// backends, without shared state. Thaler and Ravishankar 1998; the bound: Mirrokni, Thorup,
// Zadimoghaddam 2018. Pure.
#pragma once

#include <cstdint>

#include "pick.h"

namespace penstock::routing {

/// What proxies agree by: the session, else the prompt's beginning; 0: the request has neither.
[[nodiscard]] std::uint64_t rendezvous_key(const Input& input) noexcept;

/// How high `row` stands in the key's order.
[[nodiscard]] float rendezvous_score(std::uint64_t key, const fleet::SheetRow& row) noexcept;

/// The first candidate in the order that carries at most `bound` times the mean load, this request
/// included; `Decision::k_nobody` when there is none.
[[nodiscard]] std::uint32_t rendezvous(std::uint64_t key, Sheet sheet, float bound,
                                       Candidate is_candidate = is_fit) noexcept;

/// The backend that all proxies before the same backends would choose for a key.
struct CommonHome {
    std::uint32_t row = Decision::k_nobody;
    float chance = 0;  // that another proxy has chosen it, 0 to 1: grows with the `foreign` share
};
[[nodiscard]] CommonHome common_home(std::uint64_t key, Sheet sheet, float foreign) noexcept;

}  // namespace penstock::routing
