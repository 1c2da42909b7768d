// Dynamo's KV router: the least of
//
//   prefill_scale * max(active prefill + this prompt - overlap_credit * overlap, 0) + decode blocks
//
// in blocks of 16 tokens. Active prefill: uncached prompt tokens it sent that are not prefilled;
// decode blocks: distinct blocks of the requests it has on a worker, and of this prompt those that
// none of them has (`potential_blocks_and_tokens`). The overlap is what the worker really holds, as
// its KV events tell (mode `kv`); events take no time here, to its advantage.
// Temperature 0, its default; equal costs by lot.
#include <algorithm>
#include <unordered_map>

#include "choose.h"
#include "peers.h"

namespace penstock::sim {

namespace {

constexpr double k_block_tokens = 16;  // of its cost's unit

class Dynamo final : public Router {
public:
    Dynamo(const RouterSetting& setting, const Parameters& parameters)
        : credit_{parameters["overlap_credit"]},
          scale_{parameters["prefill_scale"]},
          workers_(setting.backends),
          block_tokens_{setting.block_tokens} {}

    std::optional<Choice> pick(const SimRequest& request, const View& view, Rng& rng) override {
        std::vector<std::uint32_t> held(workers_.size());
        const auto best = least(fit_slots(view), rng, [&](fleet::Slot slot) {
            held[slot] = view.exact(slot, request.blocks);
            const double overlap = credit_ * held[slot] * block_tokens_;
            const double prefill =
                std::max(0.0, tokens_on(view, slot) + request.prompt_tokens - overlap);
            const auto decode = static_cast<double>(workers_[slot].tokens + new_on(slot, request));
            return (scale_ * prefill + decode) / k_block_tokens;
        });
        return chosen(best, best ? held[*best] : 0);
    }

    routing::PrefixIndex::Added sent(fleet::Slot slot, const SimRequest& request) override {
        Worker& worker = workers_[slot];
        for (const std::uint64_t block : request.blocks) {
            if (worker.blocks[block]++ == 0) worker.tokens += block_tokens_;
        }
        worker.tokens += request.prompt_tokens % block_tokens_;
        return {};
    }
    void failed(fleet::Slot slot, const SimRequest& request,
                const routing::PrefixIndex::Added& /*added*/) override {
        ended(slot, request);
    }
    void ended(fleet::Slot slot, const SimRequest& request) override {
        Worker& worker = workers_[slot];
        for (const std::uint64_t block : request.blocks) {
            const auto found = worker.blocks.find(block);
            if (--found->second > 0) continue;
            worker.blocks.erase(found);
            worker.tokens -= block_tokens_;
        }
        worker.tokens -= request.prompt_tokens % block_tokens_;
    }

private:
    struct Worker {
        std::unordered_map<std::uint64_t, std::uint32_t> blocks;  // of active requests, counted
        std::uint64_t tokens = 0;                                 // in distinct ones
    };
    /// Tokens of the prompt in blocks that no active request has there.
    [[nodiscard]] std::uint64_t new_on(fleet::Slot slot, const SimRequest& request) const {
        const auto& active = workers_[slot].blocks;
        const auto fresh = std::ranges::count_if(
            request.blocks, [&](std::uint64_t block) { return !active.contains(block); });
        return static_cast<std::uint64_t>(fresh) * block_tokens_ +
               request.prompt_tokens % block_tokens_;
    }

    double credit_;
    double scale_;
    std::vector<Worker> workers_;
    std::uint32_t block_tokens_;
};

}  // namespace

std::unique_ptr<Router> make_dynamo(const RouterSetting& setting, const Parameters& parameters) {
    return std::make_unique<Dynamo>(setting, parameters);
}

}  // namespace penstock::sim
