// AIBrix's strategy `prefix-cache` (August 2026): where the most and the fewest running requests
// differ by more than `imbalance`, least request. Else the highest match, in whole percent of the
// prompt, among pods that run at most mean + `deviations` standard deviations; of equal matches the
// one that runs the fewest; and least request where nothing matches.
//
// Running requests are its gateway's own count. Its table holds 200,000 blocks of 4 characters for
// all pods together, some 200,000 tokens, which would be little; `index_tokens` 0 is room for all
// that the fleet could cache and more.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "choose.h"
#include "holder_index.h"
#include "peers.h"

namespace penstock::sim {

namespace {

class AibrixPrefix final : public Router {
public:
    AibrixPrefix(const RouterSetting& setting, const Parameters& parameters)
        : imbalance_{parameters["imbalance"]},
          deviations_{parameters["deviations"]},
          index_{setting.backends, index_blocks(setting, parameters["index_tokens"]),
                 HolderIndex::Order::tail_first, HolderIndex::Bound::all} {}

    std::optional<Choice> pick(const SimRequest& request, const View& view, Rng& rng) override {
        const std::vector<fleet::Slot> slots = fit_slots(view);
        const std::vector<std::uint32_t> matched = index_.match(request.blocks);
        const auto load = [&](fleet::Slot slot) { return requests_on(view, slot); };
        double sum = 0;
        double squares = 0;
        double most = 0;
        double fewest = slots.empty() ? 0 : load(slots.front());
        for (const fleet::Slot slot : slots) {
            sum += load(slot);
            squares += load(slot) * load(slot);
            most = std::max(most, load(slot));
            fewest = std::min(fewest, load(slot));
        }
        const auto count = static_cast<double>(std::max<std::size_t>(slots.size(), 1));
        const double mean = sum / count;
        const double deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
        std::vector<fleet::Slot> matching;
        for (const fleet::Slot slot : slots) {
            const bool light = load(slot) <= mean + deviations_ * deviation;
            if (light && matched[slot] > 0) matching.push_back(slot);
        }
        const bool by_load = most - fewest > imbalance_ || matching.empty();
        const auto all = std::max<std::int64_t>(std::ssize(request.blocks), 1);
        const auto best =
            by_load ? least(slots, rng, load) : least(matching, rng, [&](fleet::Slot slot) {
                return std::tuple{-(std::int64_t{matched[slot]} * 100 / all), load(slot)};
            });
        return chosen(best, best ? matched[*best] : 0);
    }

    routing::PrefixIndex::Added sent(fleet::Slot slot, const SimRequest& request) override {
        index_.insert(slot, request.blocks);
        return {};
    }

private:
    static std::size_t index_blocks(const RouterSetting& setting, double tokens) {
        if (tokens == 0) return generous_blocks(setting);
        return static_cast<std::size_t>(std::ceil(tokens / setting.block_tokens));
    }

    double imbalance_;
    double deviations_;
    HolderIndex index_;
};

}  // namespace

std::unique_ptr<Router> make_aibrix_prefix(const RouterSetting& setting,
                                           const Parameters& parameters) {
    return std::make_unique<AibrixPrefix>(setting, parameters);
}

}  // namespace penstock::sim
