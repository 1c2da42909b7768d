#include "block_cache.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace penstock::routing {

std::uint32_t BlockCache::find(std::uint64_t hash) const noexcept {
    if (table_.empty()) return k_none;
    for (std::size_t at = home(hash);; at = (at + 1) & (table_.size() - 1)) {
        const std::uint32_t index = table_[at];
        if (index == k_none || entries_[index].hash == hash) return index;
    }
}

std::uint32_t BlockCache::match(std::span<const std::uint64_t> chain) const noexcept {
    if (chain.empty() || !holds(chain.front())) return 0;
    std::size_t held = 1;
    std::size_t missing = chain.size() + 1;  // the number of blocks known not to be held in full
    // Gallops first: most prompts share either little or nearly all.
    for (std::size_t probe = 2; probe < missing; probe *= 2) {
        if (!holds(chain[probe - 1])) {
            missing = probe;
            break;
        }
        held = probe;
    }
    while (held + 1 < missing) {
        const std::size_t middle = held + (missing - held) / 2;
        (holds(chain[middle - 1]) ? held : missing) = middle;
    }
    return static_cast<std::uint32_t>(held);
}

BlockCache::Inserted BlockCache::insert(std::span<const std::uint64_t> chain) {
    chain = chain.first(std::min(chain.size(), capacity_));
    Inserted inserted{
        .from = match(chain), .to = static_cast<std::uint32_t>(chain.size()), .stamp = ++stamp_};
    // From the tail to the root: so that each parent ends up more recent than its child.
    for (std::size_t i = chain.size(); i-- > 0;) touch(chain[i]);
    // Afterwards, not block by block: that would take 1.7 times as long.
    evict(size_);
    return inserted;
}

std::size_t BlockCache::undo(const Inserted& inserted,
                             std::span<const std::uint64_t> chain) noexcept {
    std::size_t kept = std::min<std::size_t>(inserted.to, chain.size());
    for (; kept > inserted.from; --kept) {
        const std::uint32_t index = find(chain[kept - 1]);
        if (index == k_none) continue;  // evicted since
        // Used since, and with it all its parents.
        if (entries_[index].stamp != inserted.stamp) break;
        remove(index);
    }
    return kept;
}

void BlockCache::correct(const Inserted& inserted, std::span<const std::uint64_t> chain,
                         std::size_t found) noexcept {
    if (found >= std::min<std::size_t>(inserted.from, chain.size())) return;
    const std::uint32_t missing = find(chain[found]);
    // Used again since, so that nobody knows any more when it was before.
    if (missing == k_none || entries_[missing].stamp != inserted.stamp) return;
    while (entries_[oldest_].stamp < entries_[missing].before) remove(oldest_);
}

void BlockCache::truncate(std::span<const std::uint64_t> chain, std::size_t from) noexcept {
    for (std::size_t i = chain.size(); i-- > from;) {
        const std::uint32_t index = find(chain[i]);
        if (index != k_none) remove(index);
    }
}

void BlockCache::touch(std::uint64_t hash) {
    std::uint32_t index = find(hash);
    if (index == k_none) {
        if ((size_ + 1) * 2 > table_.size()) grow_table();
        index = take_entry();
        entries_[index].hash = hash;
        put_in_table(hash, index);
        holders_.add(hash, slot_);
        ++size_;
    } else {
        unlink(index);
    }
    entries_[index].before = std::exchange(entries_[index].stamp, stamp_);
    link_newest(index);
}

void BlockCache::link_newest(std::uint32_t index) noexcept {
    Entry& entry = entries_[index];
    entry.older = newest_;
    entry.newer = k_none;
    (newest_ == k_none ? oldest_ : entries_[newest_].newer) = index;
    newest_ = index;
}

void BlockCache::unlink(std::uint32_t index) noexcept {
    const Entry& entry = entries_[index];
    (entry.older == k_none ? oldest_ : entries_[entry.older].newer) = entry.newer;
    (entry.newer == k_none ? newest_ : entries_[entry.newer].older) = entry.older;
}

void BlockCache::remove(std::uint32_t index) noexcept {
    unlink(index);
    erase_from_table(entries_[index].hash);
    holders_.remove(entries_[index].hash, slot_);
    entries_[index].older = free_;
    free_ = index;
    --size_;
}

// Linear probing without tombstones: what follows the hole moves up while that brings it nearer to
// its home.
void BlockCache::erase_from_table(std::uint64_t hash) noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t hole = home(hash);
    while (entries_[table_[hole]].hash != hash) hole = (hole + 1) & mask;
    for (std::size_t at = (hole + 1) & mask; table_[at] != k_none; at = (at + 1) & mask) {
        const std::size_t wanted = home(entries_[table_[at]].hash);
        if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
        table_[hole] = table_[at];
        hole = at;
    }
    table_[hole] = k_none;
}

void BlockCache::put_in_table(std::uint64_t hash, std::uint32_t index) noexcept {
    std::size_t at = home(hash);
    while (table_[at] != k_none) at = (at + 1) & (table_.size() - 1);
    table_[at] = index;
}

void BlockCache::grow_table() {
    constexpr std::size_t k_smallest = 64;
    table_.assign(std::max(k_smallest, table_.size() * 2), k_none);
    shift_ = 64U - static_cast<unsigned>(std::countr_zero(table_.size()));
    for (std::uint32_t index = oldest_; index != k_none; index = entries_[index].newer) {
        put_in_table(entries_[index].hash, index);
    }
}

std::uint32_t BlockCache::take_entry() {
    if (free_ != k_none) {
        const std::uint32_t index = free_;
        free_ = entries_[index].older;
        return index;
    }
    entries_.emplace_back();
    return static_cast<std::uint32_t>(entries_.size() - 1);
}

void BlockCache::set_capacity(std::size_t blocks) noexcept {
    capacity_ = std::clamp<std::size_t>(blocks, 1, k_capacity_max);
}

bool BlockCache::evict(std::size_t most) noexcept {
    while (size_ > capacity_ && most-- > 0) remove(oldest_);
    return size_ > capacity_;
}

void BlockCache::abandon() noexcept {
    // From the tails on, so that who looks meanwhile finds no block without its parents.
    for (std::uint32_t index = oldest_; index != k_none; index = entries_[index].newer) {
        holders_.remove(entries_[index].hash, slot_);
    }
}

std::size_t BlockCache::bytes() const noexcept {
    return entries_.capacity() * sizeof(Entry) + table_.capacity() * sizeof(std::uint32_t);
}

}  // namespace penstock::routing
