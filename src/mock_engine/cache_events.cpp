// What the model's prefix cache does, as events on the wire.
#include <utility>

#include "mock_engine_impl.h"

namespace penstock::mock_engine {

namespace {

using kv_events::Event;

void add_tokens(std::uint64_t hash, std::uint32_t count, std::vector<std::uint32_t>& out) {
    constexpr std::uint64_t k_vocabulary = 128'000;
    constexpr std::uint64_t k_golden = 0x9E3779B97F4A7C15U;
    for (std::uint32_t at = 0; at < count; ++at) {
        hash *= k_golden;
        hash ^= hash >> 29U;
        out.push_back(static_cast<std::uint32_t>(hash % k_vocabulary));
    }
}

/// SGLang tells of each block by itself, vLLM of all that follow each other.
bool goes_on(const Event& event, const sim::CacheChange& change, fleet::Engine dialect) {
    const bool stored = change.kind == sim::CacheChange::Kind::stored;
    if (event.kind != (stored ? Event::Kind::stored : Event::Kind::removed)) return false;
    if (!stored) return true;
    return dialect == fleet::Engine::vllm && change.parent == event.hashes.back();
}

Event event_of(const sim::CacheChange& change, std::uint32_t block_tokens) {
    const bool stored = change.kind == sim::CacheChange::Kind::stored;
    return {.kind = stored ? Event::Kind::stored : Event::Kind::removed,
            .parent = change.parent,
            .block_size = stored ? block_tokens : 0};
}

}  // namespace

void MockEngine::Impl::publish(const std::vector<sim::CacheChange>& changes) const {
    const std::uint32_t block_tokens = options.profile.block_tokens;
    kv_events::Batch batch;
    for (const sim::CacheChange& change : changes) {
        const bool fresh =
            batch.events.empty() || !goes_on(batch.events.back(), change, options.dialect);
        if (fresh) batch.events.push_back(event_of(change, block_tokens));
        Event& event = batch.events.back();
        event.hashes.push_back(change.hash);
        if (event.kind == Event::Kind::stored) add_tokens(change.hash, block_tokens, event.tokens);
    }
    publisher->publish(batch, unix_seconds());
}

Result<void> MockEngine::publish_events(kv_events::Publisher::Options options) {
    const bool vllm = impl_->options.dialect == fleet::Engine::vllm;
    options.form = vllm ? kv_events::Form::map : kv_events::Form::array;
    auto publisher = kv_events::Publisher::open(impl_->loop, options);
    if (!publisher) return publisher.error();
    impl_->publisher = std::move(*publisher);
    impl_->runners.front().on_cache_changes(
        [impl = impl_.get()](const std::vector<sim::CacheChange>& changes) {
            impl->publish(changes);
        });
    return {};
}

const kv_events::Publisher* MockEngine::publisher() const noexcept {
    return impl_->publisher.get();
}

}  // namespace penstock::mock_engine
