// The endpoint picker of the Gateway API Inference Extension (now llm-d-router) with its default
// profile: queue-scorer 2, kv-cache-utilization-scorer 2, prefix-cache-scorer 3, max-score-picker.
//
// queue: (max - q) / (max - min), 1 for all when equal; kv: 1 - usage; prefix: matched blocks of
// all. The highest sum wins, equal ones by lot. Samples are believed whatever their age. The prefix
// index counts a backend's blocks with gaps, forgets the root first, and is sized in the engine's
// blocks of 16 tokens though its own have 64: `index_scale` times the cache.
#include <algorithm>

#include "choose.h"
#include "holder_index.h"
#include "peers.h"

namespace penstock::sim {

namespace {

class Gaie final : public Router {
public:
    Gaie(const RouterSetting& setting, const Parameters& parameters)
        : queue_{parameters["queue"]},
          kv_{parameters["kv"]},
          prefix_{parameters["prefix"]},
          index_{setting.backends,
                 static_cast<std::size_t>(parameters["index_scale"] *
                                          static_cast<double>(setting.kv_tokens) /
                                          setting.block_tokens),
                 HolderIndex::Order::root_first} {}

    std::optional<Choice> pick(const SimRequest& request, const View& view, Rng& rng) override {
        const std::vector<fleet::Slot> slots = fit_slots(view);
        const std::vector<std::uint32_t> matched = index_.match_with_gaps(request.blocks);
        double most = 0;
        double fewest = slots.empty() ? 0 : waiting(view, slots.front());
        for (const fleet::Slot slot : slots) {
            most = std::max(most, waiting(view, slot));
            fewest = std::min(fewest, waiting(view, slot));
        }
        const auto all = static_cast<double>(std::max<std::size_t>(request.blocks.size(), 1));
        const auto best = least(slots, rng, [&](fleet::Slot slot) {
            const double queue =
                most > fewest ? (most - waiting(view, slot)) / (most - fewest) : 1.0;
            return -(queue_ * queue + kv_ * (1 - usage(view, slot)) +
                     prefix_ * matched[slot] / all);
        });
        return chosen(best, best ? matched[*best] : 0);
    }

    routing::PrefixIndex::Added sent(fleet::Slot slot, const SimRequest& request) override {
        index_.insert(slot, request.blocks);
        return {};
    }

private:
    static double waiting(const View& view, fleet::Slot slot) {
        const fleet::LoadSample* sample = view.sample(slot);
        return sample == nullptr ? 0 : sample->waiting.value_or(0);
    }
    static double usage(const View& view, fleet::Slot slot) {
        const fleet::LoadSample* sample = view.sample(slot);
        return sample == nullptr ? 0 : sample->kv_use.value_or(0);
    }

    double queue_;
    double kv_;
    double prefix_;
    HolderIndex index_;
};

}  // namespace

std::unique_ptr<Router> make_gaie(const RouterSetting& setting, const Parameters& parameters) {
    return std::make_unique<Gaie>(setting, parameters);
}

}  // namespace penstock::sim
