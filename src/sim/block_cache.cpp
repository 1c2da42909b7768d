#include "block_cache.h"

#include <utility>

#include "penstock/base/assert.h"

namespace penstock::sim {

BlockCache::BlockCache(std::uint32_t capacity) : slots_(capacity) {
    by_hash_.reserve(capacity);
    clear();
}

std::uint32_t BlockCache::capacity() const noexcept {
    return static_cast<std::uint32_t>(slots_.size());
}

std::uint32_t BlockCache::match(std::span<const std::uint64_t> chain) const {
    std::uint32_t length = 0;
    for (const std::uint64_t hash : chain) {
        if (!by_hash_.contains(hash)) break;
        ++length;
    }
    return length;
}

BlockCache::Block BlockCache::acquire(std::uint64_t hash) {
    const auto found = by_hash_.find(hash);
    PENSTOCK_ASSERT(found != by_hash_.end());
    const Block block = found->second;
    if (slots_[block].references++ == 0) unlink_idle(block);
    return block;
}

std::optional<BlockCache::Block> BlockCache::allocate() {
    Block block = free_first_;
    if (block != k_none) {
        free_first_ = slots_[block].next;
        --free_count_;
    } else if (idle_first_ != k_none) {
        block = idle_first_;
        unlink_idle(block);
        by_hash_.erase(slots_[block].hash);
        if (evicted_ != nullptr) evicted_->push_back(slots_[block].hash);
    } else {
        return std::nullopt;
    }
    slots_[block] = Slot{.references = 1};
    return block;
}

bool BlockCache::set_name(Block block, std::uint64_t hash) {
    Slot& slot = slots_[block];
    PENSTOCK_ASSERT(slot.references > 0);
    if (slot.named || !by_hash_.emplace(hash, block).second) return false;
    slot.named = true;
    slot.hash = hash;
    return true;
}

void BlockCache::release(std::span<const Block> blocks) {
    for (std::size_t i = blocks.size(); i > 0; --i) {
        const Block block = blocks[i - 1];
        Slot& slot = slots_[block];
        PENSTOCK_ASSERT(slot.references > 0);
        if (--slot.references > 0) continue;
        if (slot.named) {
            push_idle(block);
        } else {
            push_free(block);
        }
    }
}

void BlockCache::clear() {
    PENSTOCK_ASSERT(by_hash_.empty() || referenced() == 0);
    by_hash_.clear();
    free_first_ = idle_first_ = idle_last_ = k_none;
    free_count_ = idle_count_ = 0;
    for (Block block = capacity(); block > 0; --block) push_free(block - 1);
}

void BlockCache::push_free(Block block) noexcept {
    slots_[block] = Slot{.next = free_first_};
    free_first_ = block;
    ++free_count_;
}

void BlockCache::push_idle(Block block) noexcept {
    slots_[block].previous = idle_last_;
    slots_[block].next = k_none;
    (idle_last_ == k_none ? idle_first_ : slots_[idle_last_].next) = block;
    idle_last_ = block;
    ++idle_count_;
}

void BlockCache::unlink_idle(Block block) noexcept {
    const Block before = std::exchange(slots_[block].previous, k_none);
    const Block after = std::exchange(slots_[block].next, k_none);
    (before == k_none ? idle_first_ : slots_[before].next) = after;
    (after == k_none ? idle_last_ : slots_[after].previous) = before;
    --idle_count_;
}

}  // namespace penstock::sim
