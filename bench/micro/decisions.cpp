// What routing costs a request in all: a 32 KB prompt hashed, the fleet looked at, the prompt
// looked up on every backend, decided, and entered into the index of the chosen one.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "penstock/routing/beliefs.h"
#include "penstock/routing/policy.h"
#include "penstock/routing/prefix_blocks.h"
#include "penstock/routing/prefix_index.h"

namespace penstock::routing {
namespace {

constexpr std::size_t k_block_size = 1024;
constexpr std::size_t k_prompt_blocks = 32;
constexpr std::size_t k_shared_blocks = 24;
constexpr std::size_t k_applications = 64;

/// Prompts of several applications: those of one share their first blocks, and the rest of each is
/// new, so that every insertion enters blocks and evicts others for them.
class Prompts {
public:
    Prompts() {
        for (std::size_t i = 0; i < k_applications; ++i) {
            texts_.emplace_back(k_prompt_blocks * k_block_size, 'x');
            texts_.back().front() = static_cast<char>('!' + i);
        }
    }
    const std::string& next() {
        std::string& text = texts_[++made_ % k_applications];
        std::memcpy(&text[k_shared_blocks * k_block_size], &made_, sizeof made_);
        return text;
    }

private:
    std::vector<std::string> texts_;
    std::uint64_t made_ = 0;
};

/// A fleet whose backends' indexes are full of something else, two million (block, backend) pairs
/// in all, so that look-ups miss the processor's caches as they do in service.
struct BusyFleet {
    explicit BusyFleet(fleet::Slot count) : backends(count) {
        constexpr std::size_t k_pairs = 2'000'000;
        const std::size_t blocks = k_pairs / backends.size();
        table.rows.resize(count);
        Rng rng{1};
        for (fleet::Slot slot = 0; slot < count; ++slot) {
            backends[slot].slot = slot;
            backends[slot].identity = rng.next();
            table.rows[slot].health = fleet::Health::healthy;
            table.rows[slot].sample = fleet::LoadSample{
                .running = rng.below(64), .waiting = rng.below(4), .kv_use = rng.unit()};
            std::vector<std::uint64_t> other(blocks);
            for (std::uint64_t& block : other) block = rng.next();
            index.set_capacity(slot, blocks);
            index.insert(slot, other);
        }
    }
    std::vector<fleet::Backend> backends;
    fleet::LoadTable table;
    fleet::CounterSlab counters;
    PrefixIndex index{42};
    std::vector<fleet::SheetRow> sheet;
    Holdings holdings;
};

/// `foreign`: share of the traffic that others have sent there.
void whole_decision(benchmark::State& state, float foreign) {
    BusyFleet fleet{static_cast<fleet::Slot>(state.range(0))};
    Prompts prompts;
    const auto policy = make_policy({.policy = PolicyName::prefix_load});
    std::vector<std::uint64_t> blocks;
    Rng rng{1};
    for ([[maybe_unused]] auto round : state) {
        PrefixHasher{7, k_block_size, blocks}.add(prompts.next());
        fleet::observe(fleet.backends,
                       {.table = fleet.table, .counters = fleet.counters, .now = TimePoint{}},
                       fleet.sheet);
        fleet.index.match(blocks, fleet.holdings);
        for (fleet::SheetRow& row : fleet.sheet) row.held_blocks = fleet.holdings.of(row.slot);
        const Input input{.blocks = blocks, .prompt_tokens = 8192};
        add_beliefs(input, fleet.index.home(blocks), foreign, fleet.sheet);
        const Decision decision = policy->decide(input, fleet.sheet, rng);
        benchmark::DoNotOptimize(fleet.index.insert(fleet.sheet[decision.row].slot, blocks));
    }
}
BENCHMARK_CAPTURE(whole_decision, one_proxy, 0.0F)->Arg(8)->Arg(64)->Arg(1024)->Arg(4096);
BENCHMARK_CAPTURE(whole_decision, of_several, 0.5F)->Arg(8)->Arg(64)->Arg(1024)->Arg(4096);

/// Two workers that look up and insert in the same backends' shards: prompts that begin alike and
/// end each in blocks of its own.
void contended_index(benchmark::State& state) {
    constexpr fleet::Slot k_backends = 8;
    static PrefixIndex index{42};
    Holdings holdings;
    std::array<std::uint64_t, k_prompt_blocks> chain{};
    Rng rng{static_cast<std::uint64_t>(state.thread_index()) + 1};
    for (std::size_t i = 0; i < k_shared_blocks; ++i) chain[i] = i;
    for ([[maybe_unused]] auto round : state) {
        for (std::size_t i = k_shared_blocks; i < chain.size(); ++i) chain[i] = rng.next();
        index.match(chain, holdings);
        benchmark::DoNotOptimize(holdings.of(0));
        benchmark::DoNotOptimize(index.insert(rng.below(k_backends), chain));
    }
}
BENCHMARK(contended_index)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace penstock::routing
