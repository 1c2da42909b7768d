// The default policy: the least work until this request's first token, in tokens.
#pragma once

#include "penstock/routing/policy.h"

namespace penstock::routing {

/// cost = (queue + prefill - prefix + kv + adapter) / weight, where
///
/// - queue: waiting requests and prompt tokens already sent there, plus a little per running one;
/// - prefill: the tokens of this prompt; prefix: those believed cached there;
/// - kv: a penalty that rises when the KV cache is nearly full (the engine would preempt);
/// - adapter: loading a LoRA that is not resident.
///
/// A backend that holds a shared prefix wins only as long as its queue is shorter than the prefill
/// it saves: one system prompt never pins the fleet. Constants and reasons: src/decisions/0003.
class PrefixLoad final : public Policy {
public:
    explicit PrefixLoad(double prefix_weight) noexcept
        : prefix_weight_{static_cast<float>(prefix_weight)} {}
    [[nodiscard]] std::string_view name() const noexcept override { return "prefix_load"; }
    [[nodiscard]] bool reads_prefix() const noexcept override { return true; }
    [[nodiscard]] Decision decide(const Input& input, std::span<const fleet::SheetRow> sheet,
                                  Rng& rng) const noexcept override;
    [[nodiscard]] std::array<float, k_terms> explain(const Input& input,
                                                     std::span<const fleet::SheetRow> sheet,
                                                     std::uint32_t row) const noexcept override;

private:
    [[nodiscard]] std::array<float, k_terms> terms(const Input& input,
                                                   const fleet::SheetRow& row) const noexcept;

    float prefix_weight_;
};

}  // namespace penstock::routing
