#include "penstock_router.h"

#include <algorithm>
#include <cmath>

namespace penstock::sim {

namespace {

/// Of a restart in the engine's metrics, as the monitor tells it (`monitor::compare`).
bool restarted(const fleet::LoadSample& before, const fleet::LoadSample& now) {
    constexpr double k_start_wobble_seconds = 1.5;
    const bool other_start =
        before.start_time && now.start_time &&
        std::abs(*now.start_time - *before.start_time) > k_start_wobble_seconds;
    return other_start || now.cache_queries < before.cache_queries ||
           now.cache_hits < before.cache_hits;
}

}  // namespace

PenstockRouter::PenstockRouter(const RouterSetting& setting, const routing::BalanceOptions& balance)
    : setting_{setting},
      balance_{balance},
      policy_{routing::make_policy(balance)},
      index_{setting.seed},
      learners_(setting.backends, fleet::RateLearner{fleet::Rates{}}),
      cache_uses_(setting.backends) {}

std::optional<Choice> PenstockRouter::pick(const SimRequest& request, const View& view, Rng& rng) {
    fleet::observe(view.backends,
                   {.table = view.table,
                    .counters = view.counters,
                    .now = view.now,
                    .stale_after = balance_.stale_after,
                    .adapter = request.adapter,
                    .adapters = &adapters_},
                   sheet_);
    mark_rows(view);
    const routing::Input input{.blocks = request.blocks,
                               .prompt_tokens = request.prompt_tokens,
                               .block_tokens = setting_.block_tokens,
                               .output_tokens = static_cast<std::uint32_t>(habit_.output_tokens),
                               .usual_output = static_cast<std::uint32_t>(habit_.output_tokens),
                               .usual_uncached = static_cast<std::uint32_t>(habit_.uncached_tokens),
                               .session = request.session,
                               .sequence = decisions_++};
    routing::survey(input,
                    {.index = policy_->reads_prefix() ? &index_ : nullptr,
                     .holdings = holdings_,
                     .foreign = habit_.foreign},
                    sheet_);
    const routing::Decision decision = policy_->decide(input, sheet_, rng);
    if (!decision.found()) return std::nullopt;
    const fleet::SheetRow& row = sheet_[decision.row];
    const std::uint32_t uncached = request.prompt_tokens - routing::cached_tokens(input, row);
    if (request.adapter != 0) adapters_.note(row.slot, request.adapter, view.now);
    return Choice{.slot = row.slot,
                  .held_blocks = decision.held_blocks,
                  .cache_off = row.cache_off,
                  .output_tokens = input.output_tokens,
                  .work_tokens =
                      fleet::work_ahead(row, habit_.uncached_tokens) + static_cast<float>(uncached),
                  .batch = row.running + 1,
                  .own_share = fleet::own_share(row),
                  .adapter = row.adapter.room};
}

void PenstockRouter::mark_rows(const View& view) {
    for (fleet::SheetRow& row : sheet_) {
        row.rates = learners_[row.slot].rates();
        row.cache_off = cache_uses_[row.slot].off();
        if (std::ranges::find(view.excluded, row.slot) != view.excluded.end()) {
            row.unfit |= fleet::k_excluded;
        }
    }
}

routing::PrefixIndex::Added PenstockRouter::sent(fleet::Slot slot, const SimRequest& request) {
    if (request.blocks.empty()) return {};
    return index_.insert(slot, request.blocks);
}

void PenstockRouter::failed(fleet::Slot /*slot*/, const SimRequest& request,
                            const routing::PrefixIndex::Added& added) {
    if (!request.blocks.empty()) index_.undo(added, request.blocks);
}

void PenstockRouter::found_cached(const SimRequest& request,
                                  const routing::PrefixIndex::Added& added, std::uint32_t tokens) {
    const std::uint32_t blocks = (tokens + setting_.block_tokens - 1) / setting_.block_tokens;
    if (!request.blocks.empty()) index_.correct(added, request.blocks, blocks);
}

void PenstockRouter::observed(fleet::Slot slot, const Observation& seen) {
    const auto prompt = static_cast<float>(seen.prompt_tokens);
    const float expected = prompt - static_cast<float>(seen.counted_tokens);
    // What was counted on at the pick gives way to what the engine tells.
    const float uncached =
        seen.cached_tokens ? prompt - static_cast<float>(*seen.cached_tokens) : expected;
    habit_.learn(0, prompt, std::max(1.0F, uncached), static_cast<float>(seen.output_tokens));
    const auto seconds = [](Micros time) { return std::chrono::duration<float>(time).count(); };
    const float gaps = std::max(1.0F, static_cast<float>(seen.output_tokens) - 1);
    learners_[slot].learn({.slot = slot,
                           .work_tokens = seen.work_tokens - expected + uncached,
                           .ahead_tokens = std::max(0.0F, seen.work_tokens - expected),
                           .first_token_s = seconds(seen.first_token),
                           .batch = seen.batch,
                           .gap_s = seconds(seen.inter_token),
                           .beside_tokens = static_cast<float>(seen.beside_tokens) / gaps,
                           .adapter = seen.adapter,
                           .own_share = seen.own_share});
}

void PenstockRouter::sampled(fleet::Slot slot, const std::optional<fleet::LoadSample>& before,
                             const fleet::LoadSample& now) {
    const auto known = before ? before->kv_tokens : std::nullopt;
    if (now.kv_tokens && now.kv_tokens != known) {
        const double blocks = std::floor(*now.kv_tokens / setting_.block_tokens);
        index_.set_capacity(slot, static_cast<std::size_t>(std::max(1.0, blocks)));
    }
    if (before && restarted(*before, now)) {
        index_.flush(slot);
        adapters_.flush(slot);
        cache_uses_[slot].forget();
    }
    cache_uses_[slot].see(now);
}

}  // namespace penstock::sim
