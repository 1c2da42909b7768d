// What routing costs a request in all: a 32 KB prompt hashed, looked up on every backend, decided,
// and entered into the index of the chosen one.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "penstock/routing/policy.h"
#include "penstock/routing/prefix_blocks.h"
#include "penstock/routing/prefix_index.h"

namespace penstock::routing {
namespace {

constexpr std::size_t k_block_size = 1024;
constexpr std::size_t k_prompt_blocks = 32;
constexpr std::size_t k_shared_blocks = 24;
constexpr std::size_t k_prompts = 64;

/// Prompts that share their first blocks, as those of one application do.
std::vector<std::string> prompts() {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < k_prompts; ++i) {
        std::string prompt(k_prompt_blocks * k_block_size, 'x');
        prompt[k_shared_blocks * k_block_size] = static_cast<char>('!' + i);
        out.push_back(std::move(prompt));
    }
    return out;
}

void whole_decision(benchmark::State& state) {
    const auto backends = static_cast<fleet::Slot>(state.range(0));
    const auto texts = prompts();
    const auto policy = make_policy({.policy = PolicyName::prefix_load});
    PrefixIndex index{42};
    std::vector<fleet::SheetRow> sheet(backends);
    std::vector<std::uint64_t> blocks;
    Rng rng{1};
    // Each backend's index is full of something else, so that look-ups miss the processor's caches
    // as they do in service.
    for (fleet::Slot slot = 0; slot < backends; ++slot) {
        sheet[slot].slot = slot;
        sheet[slot].fresh = true;
        sheet[slot].running = static_cast<float>(rng.below(64));
        std::vector<std::uint64_t> other(PrefixIndex::k_default_blocks);
        for (std::uint64_t& block : other) block = rng.next();
        index.insert(slot, other);
    }
    std::size_t at = 0;
    for ([[maybe_unused]] auto round : state) {
        PrefixHasher{7, k_block_size, blocks}.add(texts[at++ % texts.size()]);
        for (fleet::SheetRow& row : sheet) row.held_blocks = index.match(row.slot, blocks);
        const Decision decision =
            policy->decide({.blocks = blocks, .prompt_tokens = 8192}, sheet, rng);
        benchmark::DoNotOptimize(index.insert(sheet[decision.row].slot, blocks));
    }
}
BENCHMARK(whole_decision)->Arg(8)->Arg(64)->Arg(1024);

/// Two workers that look up and insert in the same backends' shards.
void contended_index(benchmark::State& state) {
    constexpr fleet::Slot k_backends = 8;
    static PrefixIndex index{42};
    std::array<std::uint64_t, k_prompt_blocks> chain{};
    Rng rng{static_cast<std::uint64_t>(state.thread_index()) + 1};
    for (std::uint64_t& block : chain) block = rng.next();
    for ([[maybe_unused]] auto round : state) {
        for (fleet::Slot slot = 0; slot < k_backends; ++slot) {
            benchmark::DoNotOptimize(index.match(slot, chain));
        }
        benchmark::DoNotOptimize(index.insert(rng.below(k_backends), chain));
    }
}
BENCHMARK(contended_index)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace penstock::routing
