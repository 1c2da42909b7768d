// Prompts: hashed into chains, matched and inserted; and what a large index takes.
#include <benchmark/benchmark.h>

#include <fstream>
#include <memory>
#include <vector>

#include <unistd.h>

#include "penstock/base/rng.h"
#include "penstock/routing/prefix_blocks.h"
#include "penstock/routing/prefix_index.h"

namespace penstock::routing {
namespace {

std::vector<std::uint64_t> chain_of(std::size_t blocks, char first) {
    std::string prompt(blocks * 1024, 'x');
    prompt.front() = first;
    std::vector<std::uint64_t> out;
    PrefixHasher{chain_seed("model", ""), 1024, out}.add(prompt);
    return out;
}

void hash_prompt(benchmark::State& state) {
    const std::string prompt(static_cast<std::size_t>(state.range(0)) * 1024, 'x');
    std::vector<std::uint64_t> out;
    for ([[maybe_unused]] auto round : state) {
        PrefixHasher hasher{7, 1024, out};
        hasher.add(prompt);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(prompt.size()));
}
BENCHMARK(hash_prompt)->Arg(2)->Arg(32)->Arg(128);

/// Resident memory of this process.
double resident_mib() {
    std::ifstream file{"/proc/self/statm"};
    double pages = 0;
    file >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20U);
}

constexpr fleet::Slot k_backends = 64;

/// A million blocks of prompts of 250, each prompt on two of the backends.
std::unique_ptr<PrefixIndex> large_index() {
    constexpr std::size_t k_blocks = 1'000'000;
    auto index = std::make_unique<PrefixIndex>(42);
    std::vector<std::uint64_t> chain(250);
    Rng rng{1};
    for (fleet::Slot slot = 0; slot < k_backends; ++slot) index->set_capacity(slot, 40'000);
    for (std::size_t made = 0; made < k_blocks; made += chain.size()) {
        for (std::uint64_t& block : chain) block = rng.next();
        const auto slot = static_cast<fleet::Slot>(made / chain.size() % k_backends);
        index->insert(slot, chain);
        index->insert((slot + 1) % k_backends, chain);
    }
    return index;
}

void fill_large_index(benchmark::State& state) {
    for ([[maybe_unused]] auto round : state) {
        const double before = resident_mib();
        const auto index = large_index();
        const PrefixIndex::Total total = index->total();
        state.counters["pairs"] = static_cast<double>(total.pairs);
        state.counters["told_MiB"] = static_cast<double>(total.bytes) / (1 << 20U);
        state.counters["resident_MiB"] = resident_mib() - before;
    }
}
BENCHMARK(fill_large_index)->Iterations(1)->Unit(benchmark::kMillisecond);

/// Of 64 backends `holders` hold so much of the prompt, each another part of it. 512 blocks are
/// 128 k tokens.
void match_long_prompt(benchmark::State& state) {
    static const std::unique_ptr<PrefixIndex> k_index = large_index();
    const auto chain = chain_of(512, static_cast<char>(state.range(0)));
    const auto holders = static_cast<fleet::Slot>(state.range(0));
    for (fleet::Slot slot = 0; slot < holders; ++slot) {
        k_index->insert(slot, std::span{chain}.first(chain.size() * (slot + 1) / holders));
    }
    Holdings holdings;
    for ([[maybe_unused]] auto round : state) {
        k_index->match(chain, holdings);
        benchmark::DoNotOptimize(holdings.of(0));
    }
}
BENCHMARK(match_long_prompt)->Arg(0)->Arg(1)->Arg(8)->Arg(64);

/// Prompts that nobody holds: each block is entered, and another one evicted for it.
void insert_into_full_index(benchmark::State& state) {
    static const std::unique_ptr<PrefixIndex> k_index = large_index();
    std::vector<std::uint64_t> chain(static_cast<std::size_t>(state.range(0)));
    for (fleet::Slot slot = 0; slot < k_backends; ++slot) {
        k_index->set_capacity(slot, k_index->size(slot).blocks);
    }
    Rng rng{2};
    for ([[maybe_unused]] auto round : state) {
        for (std::uint64_t& block : chain) block = rng.next();
        benchmark::DoNotOptimize(k_index->insert(rng.below(k_backends), chain));
    }
}
BENCHMARK(insert_into_full_index)->Arg(32)->Arg(256);

}  // namespace
}  // namespace penstock::routing
