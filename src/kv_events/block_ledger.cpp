#include "block_ledger.h"

#include <algorithm>
#include <utility>

#include "penstock/base/hash.h"

namespace penstock::kv_events {

namespace {

// After that no event of it will come.
constexpr Millis k_wait{2'000};

}  // namespace

void BlockLedger::open(fleet::Slot slot, std::uint64_t model) {
    const std::uint64_t pool = hash64({reinterpret_cast<const char*>(&model), sizeof model}, salt_);
    const Mirror::Seeds seeds{
        .model = pool, .own = hash64({reinterpret_cast<const char*>(&slot), sizeof slot}, ~pool)};
    backends_[slot] = std::make_unique<Backend>(slot, paths_, seeds);
}

void BlockLedger::close(fleet::Slot slot) {
    backends_.erase(slot);
}

void BlockLedger::apply(fleet::Slot slot, const Batch& batch, TimePoint now) {
    const auto found = backends_.find(slot);
    if (found == backends_.end()) return;
    Backend& backend = *found->second;
    backend.ranks = std::max(backend.ranks, batch.rank + 1);
    backend.mirror.next_batch();
    for (const Event& event : batch.events) apply(backend, batch.rank, event, now);
}

void BlockLedger::apply(Backend& backend, std::uint32_t rank, const Event& event, TimePoint now) {
    changed_.clear();
    switch (event.kind) {
        case Event::Kind::stored:
            backend.mirror.stored(rank, event, now, changed_);
            tell_news(backend, changed_);
            return;
        case Event::Kind::removed:
            backend.mirror.removed(rank, event, changed_);
            tell_gone(backend, changed_);
            return;
        case Event::Kind::cleared:
            clear(backend.slot, rank);
            return;
        case Event::Kind::other:
            return;
    }
}

void BlockLedger::tell_gone(Backend& backend, const std::vector<PathKey>& gone) {
    for (const PathKey key : gone) {
        const std::span<const std::uint64_t> blocks = paths_.blocks_at(key);
        if (!blocks.empty()) held_.removed(backend.slot, blocks);
    }
    backend.mirror.release(gone);
}

// Somebody else's prompt, or one that was evicted and has come back, whose text we know: the
// deepest block tells of those before it. An engine that stores and removes one block in turn is no
// longer heard once its steps are spent; a belief is lost, and that is all.
void BlockLedger::tell_news(Backend& backend, const std::vector<PathKey>& news) {
    if (backend.steps.spent()) return;
    std::uint64_t deepest = 0;
    std::uint32_t index = 0;
    bool any = false;
    for (const PathKey key : news) {
        for (const std::uint64_t block : paths_.blocks_at(key)) {
            const Anchor* anchor = paths_.anchor_of(block);
            if (any && anchor->index < index) continue;
            any = true;
            deepest = block;
            index = anchor->index;
        }
    }
    if (!any) return;
    paths_.chain_to(deepest, chain_);
    backend.steps.charge(static_cast<std::int64_t>(chain_.size()));
    if (!chain_.empty()) held_.stored(backend.slot, chain_);
}

void BlockLedger::forget(fleet::Slot slot, std::uint32_t rank) {
    const auto found = backends_.find(slot);
    if (found == backends_.end()) return;
    changed_.clear();
    found->second->mirror.forget(rank, changed_);
    found->second->mirror.release(changed_);
}

void BlockLedger::clear(fleet::Slot slot, std::uint32_t rank) {
    const auto found = backends_.find(slot);
    if (found == backends_.end()) return;
    Backend& backend = *found->second;
    std::vector<PathKey> gone;
    backend.mirror.forget(rank, gone);
    if (backend.ranks == 1) {
        held_.cleared(slot);  // with what nobody has paired
        backend.mirror.release(gone);
    } else {
        tell_gone(backend, gone);
    }
}

bool BlockLedger::expects_events(const fleet::ServedPrompt& prompt) const noexcept {
    return !pairing_.known(prompt);
}

std::size_t BlockLedger::blocks(fleet::Slot slot) const noexcept {
    const auto found = backends_.find(slot);
    return found == backends_.end() ? 0 : found->second->mirror.size();
}

BlockLedger::Paired BlockLedger::served(fleet::ServedPrompt prompt) {
    const auto found = backends_.find(prompt.slot);
    if (found == backends_.end()) return {};
    Backend& backend = *found->second;
    const std::uint64_t blocks = prompt.blocks.size();
    // One of known places needs no trace, and leaves none where it was cached to its end.
    if (pairing_.known(prompt) || try_pair(prompt, backend)) return {.paired = blocks};
    if (prompt.tokens == 0) return {.unpaired = blocks};
    Paired outcome;
    if (backend.waiting.size() == k_waiting_max) {
        outcome.unpaired = backend.waiting.front().blocks.size();
        backend.waiting.pop_front();
    }
    backend.waiting.push_back(std::move(prompt));
    return outcome;
}

BlockLedger::Paired BlockLedger::try_waiting(fleet::Slot slot, TimePoint now) {
    Paired outcome;
    const auto found = backends_.find(slot);
    if (found == backends_.end()) return outcome;
    Backend& backend = *found->second;
    refill(backend, now);
    std::erase_if(backend.waiting, [&](const fleet::ServedPrompt& prompt) {
        if (try_pair(prompt, backend)) {
            outcome.paired += prompt.blocks.size();
            return true;
        }
        if (now < prompt.ended + k_wait) return false;
        outcome.unpaired += prompt.blocks.size();
        return true;
    });
    return outcome;
}

void BlockLedger::refill(Backend& backend, TimePoint now) noexcept {
    constexpr std::int64_t k_whole_ms = k_steps_max / k_steps_per_ms;
    const std::int64_t ms = std::chrono::duration_cast<Millis>(now - backend.refilled).count();
    if (ms <= 0) return;
    backend.steps.refill(std::min(ms, 2 * k_whole_ms) * k_steps_per_ms, k_steps_max);
    backend.refilled = now;
}

bool BlockLedger::try_pair(const fleet::ServedPrompt& prompt, Backend& backend) {
    if (backend.steps.spent()) return false;
    const Pairing::Outcome outcome = pairing_.pair(prompt, backend.mirror.growths(), backend.steps);
    if (outcome.found) tell_placed(prompt, outcome.placed);
    return outcome.found;
}

// What was learned concerns all who hold this path, and the backend itself where it has evicted
// some of it already.
void BlockLedger::tell_placed(const fleet::ServedPrompt& prompt,
                              const std::vector<std::uint32_t>& placed) {
    if (placed.empty()) return;
    for (const auto& [slot, backend] : backends_) {
        std::uint32_t deepest = 0;  // one past
        for (const std::uint32_t at : placed) {
            const Anchor* anchor = paths_.anchor_of(prompt.blocks[at]);
            if (anchor == nullptr) continue;
            if (backend->mirror.holds(anchor->path)) {
                deepest = std::max(deepest, at + 1);
            } else if (slot == prompt.slot) {
                held_.removed(slot, std::span{prompt.blocks}.subspan(at, 1));
            }
        }
        if (deepest > 0 && slot != prompt.slot)
            held_.stored(slot, std::span{prompt.blocks}.first(deepest));
    }
}

}  // namespace penstock::kv_events
