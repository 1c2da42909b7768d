// Known ways in which routers lose that one decision shows: Penstock's default beside a model of a
// router that it happens to.
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "losing_fleets.h"
#include "penstock/sim/router.h"

namespace penstock::sim {
namespace {

using namespace test;

/// Healthy backends with a cache of so many blocks each, and one router.
class Desk {
public:
    Desk(std::string_view spec, std::uint32_t count, std::uint32_t cache_blocks)
        : router_{parse_routers(spec)->front().make(
              {.backends = count,
               .block_tokens = k_block,
               .kv_tokens = std::uint64_t{cache_blocks} * k_block})} {
        table_.rows.resize(count);
        for (fleet::Slot slot = 0; slot < count; ++slot) {
            backends_.push_back({.slot = slot, .identity = slot + 1});
            table_.rows[slot].health = fleet::Health::healthy;
            poll(slot, {.running = 0,
                        .waiting = 0,
                        .kv_use = 0.1,
                        .kv_tokens = static_cast<double>(cache_blocks) * k_block,
                        .start_time = 0});
        }
    }

    void poll(fleet::Slot slot, const fleet::LoadSample& now) {
        const auto before = std::exchange(table_.rows[slot].sample, now);
        router_->sampled(slot, before, now);
    }
    [[nodiscard]] fleet::LoadSample polled(fleet::Slot slot) const {
        return *table_.rows[slot].sample;
    }
    void break_down(fleet::Slot slot) { table_.rows[slot].health = fleet::Health::unhealthy; }
    Router& router() { return *router_; }
    Choice pick(const SimRequest& request) {
        const View view{.backends = backends_,
                        .table = table_,
                        .counters = counters_,
                        .excluded = {},
                        .block_tokens = k_block,
                        .exact = nothing_};
        return router_->pick(request, view, rng_).value();
    }

private:
    std::unique_ptr<Router> router_;
    std::vector<fleet::Backend> backends_;
    fleet::LoadTable table_;
    fleet::CounterSlab counters_;
    ExactMatch nothing_ = [](fleet::Slot, std::span<const std::uint64_t>) { return 0U; };
    Rng rng_{1};
};

SimRequest prompt(std::uint64_t first, std::uint32_t count) {
    SimRequest request{.prompt_tokens = count * k_block};
    for (std::uint32_t i = 0; i < count; ++i) request.blocks.push_back(first + i);
    return request;
}

// llm-d's approximate index keeps what a restarted engine held.
TEST(LosingDecisions, LosingDecisions_ARestartedEngineIsBelievedWarm) {
    for (const auto& [name, held] : {std::pair{k_ours, 0U}, {"gaie", 9U}}) {
        Desk desk{name, 1, 1024};
        desk.router().sent(0, prompt(1, 9));
        fleet::LoadSample restarted = desk.polled(0);
        restarted.start_time = 100;

        desk.poll(0, restarted);

        EXPECT_EQ(desk.pick(prompt(1, 9)).held_blocks, held) << name;
    }
}

// A request that failed left nothing in the cache, but its prompt in the index.
TEST(LosingDecisions, LosingDecisions_AFailedRequestIsBelievedCached) {
    const auto believed = [](std::string_view name) {
        Desk desk{name, 1, 1024};
        const SimRequest request = prompt(1, 9);
        desk.router().failed(0, request, desk.router().sent(0, request));
        return desk.pick(request).held_blocks;
    };

    EXPECT_LE(believed(k_ours), 2U);  // at most as its last home
    for (const std::string_view name : {"gaie", "sglang_cache_aware", "aibrix_prefix"}) {
        EXPECT_EQ(believed(name), 9U) << name;
    }
}

// GAIE's min-max queue score: one request in the queue counts as much as a hundred, more than two
// thirds of a cached prompt.
TEST(LosingDecisions, LosingDecisions_OneQueuedRequestOutweighsACachedPrompt) {
    for (const auto& [name, slot] : {std::pair{k_ours, 0U}, {"gaie", 1U}}) {
        Desk desk{name, 2, 102'400};
        fleet::LoadSample queued = desk.polled(0);
        queued.running = 1;
        queued.waiting = 1;
        desk.poll(0, queued);
        desk.router().sent(0, prompt(1, 500));

        EXPECT_EQ(desk.pick(prompt(1, 801)).slot, slot) << name;  // 8,000 of 12,816 tokens
    }
}

// llm-d's index forgets a chain's root first, an engine its tail: of what was half evicted nothing
// is found.
TEST(LosingDecisions, LosingDecisions_AnIndexThatForgetsRootsMissesWhatIsThere) {
    for (const auto& [name, held] : {std::pair{k_ours, 3U}, {"gaie:index_scale=1", 0U}}) {
        Desk desk{name, 1, 6};
        desk.router().sent(0, prompt(1, 6));

        desk.router().sent(0, prompt(11, 3));  // an engine of six blocks keeps 1, 2, 3

        EXPECT_EQ(desk.pick(prompt(1, 6)).held_blocks, held) << name;
    }
}

// It also counts blocks behind a gap, which no engine can use.
TEST(LosingDecisions, LosingDecisions_BlocksBehindAGapCountAsCached) {
    for (const auto& [name, slot] : {std::pair{k_ours, 0U}, {"gaie", 1U}}) {
        Desk desk{name, 3, 8};
        desk.router().sent(1, prompt(1, 8));
        // Of its 32 blocks the index forgets 1 to 5; the engine of eight has long lost all.
        for (std::uint64_t i = 1; i <= 3; ++i) desk.router().sent(1, prompt(100 * i, 8));
        desk.router().sent(1, prompt(400, 5));
        desk.router().sent(0, prompt(1, 2));
        desk.router().sent(2, prompt(1, 5));
        desk.break_down(2);

        EXPECT_EQ(desk.pick(prompt(1, 8)).slot, slot) << name;
    }
}

}  // namespace
}  // namespace penstock::sim
