#include "prefix_load.h"

#include <algorithm>

#include "pick.h"

namespace penstock::routing {

namespace {

constexpr float k_waiting_tokens =
    1024;  // a queued request of unknown length: a typical chat prompt
constexpr float k_running_tokens =
    48;  // what a running request costs: its share of each decode step meanwhile
constexpr float k_adapter_tokens = 2048;  // loading an adapter: some 100 ms
constexpr float k_kv_tokens = 8192;       // a full cache: preemption throws away work of that order
constexpr float k_kv_knee = 0.9F;

constexpr std::size_t at(Term term) noexcept {
    return static_cast<std::size_t>(term);
}

}  // namespace

std::array<float, k_terms> PrefixLoad::terms(const Input& input,
                                             const fleet::SheetRow& row) const noexcept {
    const float held =
        std::min(static_cast<float>(row.held_blocks) * static_cast<float>(input.block_tokens),
                 static_cast<float>(input.prompt_tokens));
    const float running = std::max(row.running, row.fresh ? 0.0F : row.in_flight);
    std::array<float, k_terms> terms{};
    terms[at(Term::prefix)] = -prefix_weight_ * held;
    terms[at(Term::queue)] =
        row.waiting * k_waiting_tokens + row.prefill_tokens + running * k_running_tokens;
    terms[at(Term::prefill)] = static_cast<float>(input.prompt_tokens);
    if (row.kv_use > k_kv_knee)
        terms[at(Term::kv)] = (row.kv_use - k_kv_knee) / (1 - k_kv_knee) * k_kv_tokens;
    if (input.wants_adapter && !row.has_adapter) terms[at(Term::adapter)] = k_adapter_tokens;
    float sum = 0;
    for (std::size_t i = 1; i < k_terms; ++i) sum += terms[i];
    const float weight = std::max(row.weight, 1e-6F);
    // A `prefix_weight` above 1 can make the sum negative. Divided, it would make the stronger
    // backend the dearer one.
    terms[at(Term::total)] = sum > 0 ? sum / weight : sum * weight;
    return terms;
}

Decision PrefixLoad::decide(const Input& input, Sheet sheet, Rng& rng) const noexcept {
    Decision decision =
        pick_least(sheet, rng, [&](const fleet::SheetRow& row) { return terms(input, row)[0]; });
    if (!decision.found()) return decision;
    const fleet::SheetRow& chosen = sheet[decision.row];
    decision.terms = terms(input, chosen);
    decision.held_blocks = chosen.held_blocks;
    if (decision.candidates == 1) {
        decision.reason = Reason::only;
    } else {
        decision.reason = chosen.held_blocks > 0 ? Reason::prefix : Reason::load;
    }
    return decision;
}

std::array<float, k_terms> PrefixLoad::explain(const Input& input, Sheet sheet,
                                               std::uint32_t row) const noexcept {
    return terms(input, sheet[row]);
}

}  // namespace penstock::routing
