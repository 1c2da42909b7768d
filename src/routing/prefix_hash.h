// Consistent hashing of the prompt's beginning, with bounded load: for several proxies that share
// no state.
#pragma once

#include "penstock/routing/policy.h"

namespace penstock::routing {

/// The first backend in the prefix's order (rendezvous.h) that carries at most `bound` times the
/// mean load gets the request.
class PrefixHash final : public Policy {
public:
    explicit PrefixHash(double bound) noexcept : bound_{static_cast<float>(bound)} {}
    [[nodiscard]] std::string_view name() const noexcept override { return "prefix_hash"; }
    [[nodiscard]] bool reads_prefix() const noexcept override { return false; }
    [[nodiscard]] Decision decide(const Input& input, std::span<const fleet::SheetRow> sheet,
                                  Rng& rng) const noexcept override;
    [[nodiscard]] std::array<float, k_terms> explain(const Input& input,
                                                     std::span<const fleet::SheetRow> sheet,
                                                     std::uint32_t row) const noexcept override;

private:
    float bound_;
};

}  // namespace penstock::routing
