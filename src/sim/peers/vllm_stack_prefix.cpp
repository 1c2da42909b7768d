// vLLM production-stack's `prefixaware` (August 2026): by lot among the backends with the longest
// known prefix, all of them when nothing is known; load plays no part. Below `min_match` tokens the
// one with the fewest requests of the last 60 s. Its trie forgets nothing, here only what has left
// all caches long ago.
#include <algorithm>
#include <deque>

#include "choose.h"
#include "holder_index.h"
#include "peers.h"

namespace penstock::sim {

namespace {

constexpr std::chrono::seconds k_window{60};  // --request-stats-window

class VllmStackPrefix final : public Router {
public:
    VllmStackPrefix(const RouterSetting& setting, const Parameters& parameters)
        : min_match_{parameters["min_match"]},
          recent_(setting.backends),
          trie_{setting.backends, generous_blocks(setting), HolderIndex::Order::tail_first,
                HolderIndex::Bound::all} {}

    std::optional<Choice> pick(const SimRequest& request, const View& view, Rng& rng) override {
        now_ = view.now;
        const std::vector<fleet::Slot> slots = fit_slots(view);
        const std::vector<std::uint32_t> matched = trie_.match(request.blocks);
        std::uint32_t longest = 0;
        for (const fleet::Slot slot : slots) longest = std::max(longest, matched[slot]);
        const bool short_match = static_cast<double>(longest) * view.block_tokens < min_match_;
        const auto best = least(slots, rng, [&](fleet::Slot slot) {
            return short_match ? requests_lately(slot) : -static_cast<double>(matched[slot]);
        });
        return chosen(best, best ? matched[*best] : 0);
    }

    routing::PrefixIndex::Added sent(fleet::Slot slot, const SimRequest& request) override {
        recent_[slot].push_back(now_);
        trie_.insert(slot, request.blocks);
        return {};
    }

private:
    double requests_lately(fleet::Slot slot) {
        std::deque<TimePoint>& times = recent_[slot];
        while (!times.empty() && times.front() < now_ - k_window) times.pop_front();
        return static_cast<double>(times.size());
    }

    double min_match_;
    std::vector<std::deque<TimePoint>> recent_;
    HolderIndex trie_;
    TimePoint now_{};
};

}  // namespace

std::unique_ptr<Router> make_vllm_stack_prefix(const RouterSetting& setting,
                                               const Parameters& parameters) {
    return std::make_unique<VllmStackPrefix>(setting, parameters);
}

}  // namespace penstock::sim
