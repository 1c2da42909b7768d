// SGLang's gateway (now SMG), policy `cache_aware`, over HTTP, as of August 2026:
//
// loads are this gateway's requests in flight. If max - min > abs and max > rel * min, the one of
// the least (load, requests ever, index). Else the backend that last got the longest known prefix,
// if more than `threshold` of the prompt matches, or the first healthy one where that one is not;
// below the threshold the least loaded again. The prompt is always inserted for the chosen one.
// `smallest_tree` 1 is the older rule, which vLLM's router still has: below the threshold the one
// of which the least is known.
#include <algorithm>
#include <tuple>

#include "choose.h"
#include "holder_index.h"
#include "peers.h"

namespace penstock::sim {

namespace {

class SglangCacheAware final : public Router {
public:
    SglangCacheAware(const RouterSetting& setting, const Parameters& parameters)
        : threshold_{parameters["threshold"]},
          absolute_{parameters["abs"]},
          relative_{parameters["rel"]},
          smallest_tree_{parameters["smallest_tree"] != 0},
          processed_(setting.backends),
          tree_{setting.backends,
                static_cast<std::size_t>(parameters["tree_tokens"]) / setting.block_tokens,
                HolderIndex::Order::tail_first} {}

    std::optional<Choice> pick(const SimRequest& request, const View& view, Rng& /*rng*/) override {
        const std::vector<fleet::Slot> slots = fit_slots(view);
        if (slots.empty()) return std::nullopt;
        const std::vector<std::uint32_t> matched = tree_.match(request.blocks);
        const fleet::Slot slot = imbalanced(slots, view) ? least_loaded(slots, view)
                                                         : by_prefix(request, slots, matched, view);
        return Choice{.slot = slot, .held_blocks = matched[slot]};
    }

    routing::PrefixIndex::Added sent(fleet::Slot slot, const SimRequest& request) override {
        ++processed_[slot];
        tree_.insert(slot, request.blocks);
        return {};
    }

private:
    bool imbalanced(const std::vector<fleet::Slot>& slots, const View& view) const {
        double most = 0;
        double fewest = requests_on(view, slots.front());
        for (const fleet::Slot slot : slots) {
            most = std::max(most, requests_on(view, slot));
            fewest = std::min(fewest, requests_on(view, slot));
        }
        return most - fewest > absolute_ && most > relative_ * fewest;
    }

    fleet::Slot least_loaded(const std::vector<fleet::Slot>& slots, const View& view) const {
        return *std::ranges::min_element(slots, {}, [&](fleet::Slot slot) {
            return std::tuple{requests_on(view, slot), processed_[slot], slot};
        });
    }

    fleet::Slot least_known(const std::vector<fleet::Slot>& slots) const {
        return *std::ranges::min_element(slots, {},
                                         [&](fleet::Slot slot) { return tree_.size(slot); });
    }

    fleet::Slot by_prefix(const SimRequest& request, const std::vector<fleet::Slot>& slots,
                          const std::vector<std::uint32_t>& matched, const View& view) const {
        const std::uint32_t longest = *std::ranges::max_element(matched);
        const double rate =
            static_cast<double>(longest) * view.block_tokens / request.prompt_tokens;
        if (longest == 0 || rate <= threshold_) {
            return smallest_tree_ ? least_known(slots) : least_loaded(slots, view);
        }
        const std::vector<fleet::Slot>* holders = tree_.holders(request.blocks[longest - 1]);
        const auto last = std::find_if(holders->rbegin(), holders->rend(),
                                       [&](fleet::Slot slot) { return matched[slot] == longest; });
        return view.fit(*last) ? *last : slots.front();
    }

    double threshold_;
    double absolute_;
    double relative_;
    bool smallest_tree_;
    std::vector<std::uint64_t> processed_;
    HolderIndex tree_;
};

}  // namespace

std::unique_ptr<Router> make_sglang_cache_aware(const RouterSetting& setting,
                                                const Parameters& parameters) {
    return std::make_unique<SglangCacheAware>(setting, parameters);
}

}  // namespace penstock::sim
