#include "penstock/routing/prefix_index.h"

#include <atomic>
#include <mutex>

#include "block_cache.h"

namespace penstock::routing {

namespace {

/// Held for a look-up or an insertion: some microseconds at most, so waiting by spinning is cheaper
/// than sleeping.
class SpinLock {
public:
    void lock() noexcept {
        while (taken_.exchange(true, std::memory_order_acquire)) {
            while (taken_.load(std::memory_order_relaxed)) {
            }
        }
    }
    void unlock() noexcept { taken_.store(false, std::memory_order_release); }

private:
    std::atomic<bool> taken_{false};
};

}  // namespace

struct alignas(64) PrefixIndex::Shard {
    mutable SpinLock lock;
    BlockCache blocks;
};

PrefixIndex::PrefixIndex() : PrefixIndex{0} {}

PrefixIndex::PrefixIndex(std::uint64_t salt)
    : shards_{std::make_unique<Shard[]>(fleet::k_slots_max)}, homes_{salt} {
    for (fleet::Slot slot = 0; slot < fleet::k_slots_max; ++slot) {
        shards_[slot].blocks.set_salt(salt);
    }
}
PrefixIndex::~PrefixIndex() = default;

std::uint32_t PrefixIndex::match(fleet::Slot slot,
                                 std::span<const std::uint64_t> chain) const noexcept {
    const Shard& shard = shards_[slot];
    const std::lock_guard guard{shard.lock};
    return shard.blocks.match(chain);
}

PrefixIndex::Added PrefixIndex::insert(fleet::Slot slot, std::span<const std::uint64_t> chain) {
    homes_.remember(slot, chain);
    Shard& shard = shards_[slot];
    const std::lock_guard guard{shard.lock};
    const BlockCache::Inserted inserted = shard.blocks.insert(chain);
    return {.slot = slot, .from = inserted.from, .to = inserted.to, .stamp = inserted.stamp};
}

void PrefixIndex::undo(const Added& added, std::span<const std::uint64_t> chain) noexcept {
    Shard& shard = shards_[added.slot];
    const std::lock_guard guard{shard.lock};
    shard.blocks.undo(
        {.from = added.from, .to = added.to, .stamp = static_cast<std::uint32_t>(added.stamp)},
        chain);
}

void PrefixIndex::truncate(fleet::Slot slot, std::span<const std::uint64_t> chain,
                           std::size_t from) noexcept {
    const std::lock_guard guard{shards_[slot].lock};
    shards_[slot].blocks.truncate(chain, from);
}

void PrefixIndex::evicted(fleet::Slot slot, std::span<const std::uint64_t> blocks) noexcept {
    homes_.forget(slot, blocks);
    truncate(slot, blocks, 0);
}

void PrefixIndex::set_capacity(fleet::Slot slot, std::size_t blocks) {
    const std::lock_guard guard{shards_[slot].lock};
    shards_[slot].blocks.set_capacity(blocks);
}

void PrefixIndex::flush(fleet::Slot slot) noexcept {
    homes_.forget(slot);
    const std::lock_guard guard{shards_[slot].lock};
    shards_[slot].blocks.clear();
}

PrefixIndex::Size PrefixIndex::size(fleet::Slot slot) const noexcept {
    const Shard& shard = shards_[slot];
    const std::lock_guard guard{shard.lock};
    return {.blocks = shard.blocks.size(),
            .capacity = shard.blocks.capacity(),
            .bytes = shard.blocks.bytes()};
}

}  // namespace penstock::routing
