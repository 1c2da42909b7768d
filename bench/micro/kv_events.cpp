// What an engine tells of its KV cache: decoded, and put together with our prompts.
#include <benchmark/benchmark.h>

#include "block_ledger.h"
#include "penstock/kv_events/event.h"

namespace penstock::kv_events {
namespace {

constexpr std::uint32_t k_block = 16;

/// `blocks` of a prompt with this number.
Event stored(std::uint64_t prompt, std::uint32_t blocks) {
    Event event{.kind = Event::Kind::stored, .hashes = {}, .block_size = k_block};
    for (std::uint32_t at = 0; at < blocks; ++at) event.hashes.push_back(prompt * 100'000 + at);
    for (std::uint32_t at = 0; at < blocks * k_block; ++at) {
        event.tokens.push_back(static_cast<std::uint32_t>(prompt * 31 + at));
    }
    return event;
}

Event removed(const Event& event) {
    return {.kind = Event::Kind::removed, .hashes = event.hashes};
}

class Nobody final : public HeldBlocks {
public:
    void stored(fleet::Slot, std::span<const std::uint64_t>) override {}
    void removed(fleet::Slot, std::span<const std::uint64_t>) override {}
    void cleared(fleet::Slot) override {}
};

void decode_batch(benchmark::State& state) {
    const auto blocks = static_cast<std::uint32_t>(state.range(0));
    const std::string payload = encode({.events = {stored(1, blocks)}}, Form::map, 0);
    for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(decode(payload));
    state.SetItemsProcessed(state.iterations() * blocks);
}
BENCHMARK(decode_batch)->Name("kv_events_decode")->Arg(1)->Arg(128);

/// A prompt of 2,048 tokens stored, paired with ours, and evicted.
void follow_prompt(benchmark::State& state) {
    constexpr std::uint32_t k_blocks = 128;
    Nobody nobody;
    BlockLedger ledger{nobody};
    ledger.open(0, 1);
    TimePoint now{};
    std::uint64_t prompt = 0;
    for ([[maybe_unused]] auto round : state) {
        state.PauseTiming();
        const Event event = stored(++prompt, k_blocks);
        fleet::ServedPrompt ours{.slot = 0, .blocks = {}, .bytes = 8'192, .tokens = 2'050};
        for (std::uint64_t at = 0; at < 8; ++at) ours.blocks.push_back(prompt * 8 + at);
        now += Millis{100};
        ours.sent = ours.ended = now;
        state.ResumeTiming();
        ledger.apply(0, {.events = {event}}, now);
        benchmark::DoNotOptimize(ledger.served(std::move(ours)));
        ledger.apply(0, {.events = {removed(event)}}, now);
    }
    state.SetItemsProcessed(state.iterations() * k_blocks);
}
BENCHMARK(follow_prompt)->Name("kv_events_follow_prompt");

}  // namespace
}  // namespace penstock::kv_events
