// Policies that look at load alone, or at nothing.
#pragma once

#include "penstock/routing/policy.h"

namespace penstock::routing {

/// What these policies share: no prefix, and one term, the load.
class LoadPolicy : public Policy {
public:
    [[nodiscard]] bool reads_prefix() const noexcept final { return false; }
    [[nodiscard]] std::array<float, k_terms> explain(const Input& input,
                                                     std::span<const fleet::SheetRow> sheet,
                                                     std::uint32_t row) const noexcept final;
};

/// Fewest requests per weight.
class LeastLoad final : public LoadPolicy {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "least_load"; }
    [[nodiscard]] Decision decide(const Input& input, std::span<const fleet::SheetRow> sheet,
                                  Rng& rng) const noexcept override;
};

/// The less loaded of two chosen by chance.
class PowerOfTwo final : public LoadPolicy {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "power_of_two"; }
    [[nodiscard]] Decision decide(const Input& input, std::span<const fleet::SheetRow> sheet,
                                  Rng& rng) const noexcept override;
};

/// One after the other, in proportion to the weights.
class RoundRobin final : public LoadPolicy {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "round_robin"; }
    [[nodiscard]] Decision decide(const Input& input, std::span<const fleet::SheetRow> sheet,
                                  Rng& rng) const noexcept override;
};

/// By chance, in proportion to the weights.
class Random final : public LoadPolicy {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "random"; }
    [[nodiscard]] Decision decide(const Input& input, std::span<const fleet::SheetRow> sheet,
                                  Rng& rng) const noexcept override;
};

}  // namespace penstock::routing
