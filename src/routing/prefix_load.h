// The default policy: the least time until this request's first token, by rates that were learned.
#pragma once

#include "penstock/routing/policy.h"

namespace penstock::routing {

/// seconds = (queue + prefill - prefix + others + kv + adapter + place + session) / weight, where
///
/// - queue: prompt tokens that are to be prefilled there before this request's, and the decode step
///   under way;
/// - prefill: the tokens of this prompt; prefix: those believed cached there;
/// - others: what the rest lose while this prompt is prefilled: each prompt that waits, and a part
///   of what the answers that run there lose;
/// - kv: a penalty that rises when the KV cache is nearly full (the engine would preempt);
/// - adapter: loading a LoRA that is not there, and waiting for a place to load it into;
/// - place, session: what leaving the preferred labels, or the session's home, costs by the
///   configuration's word.
///
/// A backend that holds a shared prefix wins only as long as its queue is shorter than the prefill
/// it saves: one system prompt never pins the fleet. Reasons and figures: src/decisions/0008.
class PrefixLoad final : public Policy {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "prefix_load"; }
    [[nodiscard]] bool reads_prefix() const noexcept override { return true; }
    [[nodiscard]] bool in_seconds() const noexcept override { return true; }
    [[nodiscard]] Decision decide(const Input& input, std::span<const fleet::SheetRow> sheet,
                                  Rng& rng) const noexcept override;
    [[nodiscard]] std::array<float, k_terms> explain(const Input& input,
                                                     std::span<const fleet::SheetRow> sheet,
                                                     std::uint32_t row) const noexcept override;
    void explain_all(const Input& input, std::span<const fleet::SheetRow> sheet,
                     std::span<std::array<float, k_terms>> out) const noexcept override;

private:
    /// `waiting`: prompts for which each second of prefill is a second more.
    [[nodiscard]] std::array<float, k_terms> terms(const Input& input, const fleet::SheetRow& row,
                                                   double waiting) const noexcept;
};

}  // namespace penstock::routing
