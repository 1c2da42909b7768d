// llm-d's "sticky until saturated" (guides of 0.9, August 2026): prefix-cache-affinity-filter, then
// token-load-scorer and max-score-picker.
//
// Backends that hold at least `threshold` of the prompt are sticky; if there are any only they are
// candidates, unless the best of them would have its first token `max_penalty_ms` later than the
// best of the others, by tokens in flight over the peak prefill rate. Of the candidates the one
// with the fewest uncached prompt tokens in flight, this request's included, capped at 4,194,304.
// The peak rate must be calibrated for each model and GPU; `peak` 0 takes the simulated engine's
// true one.
#include <algorithm>
#include <limits>

#include "choose.h"
#include "holder_index.h"
#include "peers.h"

namespace penstock::sim {

namespace {

constexpr double k_full_tokens = 4'194'304;
constexpr double k_index_scale = 4;  // as in gaie.cpp: the index is the same

class LlmdSticky final : public Router {
public:
    LlmdSticky(const RouterSetting& setting, const Parameters& parameters)
        : threshold_{parameters["threshold"]},
          max_penalty_ms_{parameters["max_penalty_ms"]},
          peak_{parameters["peak"] > 0 ? parameters["peak"] : setting.prefill_tokens_per_second},
          index_{setting.backends,
                 static_cast<std::size_t>(k_index_scale * static_cast<double>(setting.kv_tokens) /
                                          setting.block_tokens),
                 HolderIndex::Order::root_first} {}

    std::optional<Choice> pick(const SimRequest& request, const View& view, Rng& rng) override {
        const std::vector<std::uint32_t> matched = index_.match_with_gaps(request.blocks);
        const auto best = least(candidates(request, view, matched), rng, [&](fleet::Slot slot) {
            const double uncached =
                std::max(0.0, request.prompt_tokens -
                                  static_cast<double>(matched[slot]) * view.block_tokens);
            return std::min(1.0, (tokens_on(view, slot) + uncached) / k_full_tokens);
        });
        return chosen(best, best ? matched[*best] : 0);
    }

    routing::PrefixIndex::Added sent(fleet::Slot slot, const SimRequest& request) override {
        index_.insert(slot, request.blocks);
        return {};
    }

private:
    std::vector<fleet::Slot> candidates(const SimRequest& request, const View& view,
                                        const std::vector<std::uint32_t>& matched) const {
        const auto all = static_cast<double>(std::max<std::size_t>(request.blocks.size(), 1));
        constexpr double k_never = std::numeric_limits<double>::infinity();
        double best_sticky = k_never;
        double best_other = k_never;
        std::vector<fleet::Slot> sticky;
        const std::vector<fleet::Slot> slots = fit_slots(view);
        for (const fleet::Slot slot : slots) {
            const double first_token_ms = tokens_on(view, slot) / peak_ * 1000;
            if (matched[slot] / all >= threshold_) {
                sticky.push_back(slot);
                best_sticky = std::min(best_sticky, first_token_ms);
            } else {
                best_other = std::min(best_other, first_token_ms);
            }
        }
        const bool saturated = best_sticky - best_other > max_penalty_ms_;
        return sticky.empty() || saturated ? slots : sticky;
    }

    double threshold_;
    double max_penalty_ms_;
    double peak_;
    HolderIndex index_;
};

}  // namespace

std::unique_ptr<Router> make_llmd_sticky(const RouterSetting& setting,
                                         const Parameters& parameters) {
    return std::make_unique<LlmdSticky>(setting, parameters);
}

}  // namespace penstock::sim
