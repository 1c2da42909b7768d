// Prompts: hashed into chains, matched and inserted.
#include <benchmark/benchmark.h>

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

void match_chain(benchmark::State& state) {
    PrefixIndex index;
    const auto chain = chain_of(static_cast<std::size_t>(state.range(0)), 'a');
    index.insert(0, std::span{chain}.first(chain.size() * 3 / 4));
    for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(index.match(0, chain));
}
BENCHMARK(match_chain)->Arg(4)->Arg(32)->Arg(256);

void insert_into_full_index(benchmark::State& state) {
    PrefixIndex index;
    std::vector<std::vector<std::uint64_t>> chains;
    for (int i = 0; i < 200; ++i)
        chains.push_back(chain_of(static_cast<std::size_t>(state.range(0)), static_cast<char>(i)));
    std::size_t at = 0;
    for ([[maybe_unused]] auto round : state) {
        benchmark::DoNotOptimize(index.insert(0, chains[at++ % chains.size()]));
    }
}
BENCHMARK(insert_into_full_index)->Arg(32)->Arg(256);

}  // namespace
}  // namespace penstock::routing
