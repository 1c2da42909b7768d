#include "penstock/routing/prefix_index.h"

#include <mutex>
#include <utility>

#include "block_cache.h"
#include "block_holders.h"
#include "spin_lock.h"

namespace penstock::routing {

namespace {

// Blocks evicted with the lock held: workers that insert there meanwhile wait for it.
constexpr std::size_t k_evicted_at_once = 1024;
static_assert(PrefixIndex::k_default_blocks == BlockCache::k_default_capacity);

BlockCache::Inserted inserted_of(const PrefixIndex::Added& added) noexcept {
    return {.from = added.from, .to = added.to, .stamp = static_cast<std::uint32_t>(added.stamp)};
}

/// One backend's part. Most slots are never used, so it is made when it first is.
struct Part {
    mutable SpinLock lock;
    std::unique_ptr<BlockCache> blocks;
};

}  // namespace

struct PrefixIndex::Impl {
    explicit Impl(std::uint64_t salt)
        : scatter{salt}, holders{scatter}, parts{std::make_unique<Part[]>(fleet::k_slots_max)} {}

    /// Precondition: the slot is locked.
    BlockCache& made(fleet::Slot slot) {
        auto& blocks = parts[slot].blocks;
        if (!blocks) {
            blocks = std::make_unique<BlockCache>(holders, slot, scatter, BlockCache::Start{});
        }
        return *blocks;
    }

    Scatter scatter;
    BlockHolders holders;
    std::unique_ptr<Part[]> parts;  // by slot
};

PrefixIndex::PrefixIndex() : PrefixIndex{0} {}

PrefixIndex::PrefixIndex(std::uint64_t salt) : impl_{std::make_unique<Impl>(salt)}, homes_{salt} {}
PrefixIndex::~PrefixIndex() = default;

void PrefixIndex::match(std::span<const std::uint64_t> chain, Holdings& out) const {
    impl_->holders.match(chain, out);
}

std::uint32_t PrefixIndex::match(fleet::Slot slot,
                                 std::span<const std::uint64_t> chain) const noexcept {
    const Part& part = impl_->parts[slot];
    const std::lock_guard guard{part.lock};
    return part.blocks ? part.blocks->match(chain) : 0;
}

PrefixIndex::Added PrefixIndex::insert(fleet::Slot slot, std::span<const std::uint64_t> chain) {
    homes_.remember(slot, chain);
    const std::lock_guard guard{impl_->parts[slot].lock};
    const BlockCache::Inserted inserted = impl_->made(slot).insert(chain);
    return {.slot = slot, .from = inserted.from, .to = inserted.to, .stamp = inserted.stamp};
}

void PrefixIndex::undo(const Added& added, std::span<const std::uint64_t> chain) noexcept {
    const Part& part = impl_->parts[added.slot];
    std::size_t kept = 0;
    {
        const std::lock_guard guard{part.lock};
        if (!part.blocks) return;
        kept = part.blocks->undo(inserted_of(added), chain);
    }
    homes_.forget(added.slot, chain.subspan(kept));
}

void PrefixIndex::correct(const Added& added, std::span<const std::uint64_t> chain,
                          std::size_t found) noexcept {
    const Part& part = impl_->parts[added.slot];
    const std::lock_guard guard{part.lock};
    if (part.blocks) part.blocks->correct(inserted_of(added), chain, found);
}

void PrefixIndex::truncate(fleet::Slot slot, std::span<const std::uint64_t> chain,
                           std::size_t from) noexcept {
    const Part& part = impl_->parts[slot];
    const std::lock_guard guard{part.lock};
    if (part.blocks) part.blocks->truncate(chain, from);
}

void PrefixIndex::evicted(fleet::Slot slot, std::span<const std::uint64_t> blocks) noexcept {
    homes_.forget(slot, blocks);
    truncate(slot, blocks, 0);
}

void PrefixIndex::set_capacity(fleet::Slot slot, std::size_t blocks) {
    {
        const std::lock_guard guard{impl_->parts[slot].lock};
        impl_->made(slot).set_capacity(blocks);
    }
    for (bool more = true; more;) {
        const std::lock_guard guard{impl_->parts[slot].lock};
        more = impl_->made(slot).evict(k_evicted_at_once);
    }
}

void PrefixIndex::flush(fleet::Slot slot) {
    homes_.forget(slot);
    Part& part = impl_->parts[slot];
    std::unique_ptr<BlockCache> former;
    {
        const std::lock_guard guard{part.lock};
        if (!part.blocks) return;
        auto next = std::make_unique<BlockCache>(impl_->holders, slot, impl_->scatter,
                                                 part.blocks->successor());
        former = std::exchange(part.blocks, std::move(next));
    }
    // Out of the lock, since it may be many. What is inserted meanwhile has its holder twice, of
    // which this takes one.
    former->abandon();
}

PrefixIndex::Size PrefixIndex::size(fleet::Slot slot) const noexcept {
    const Part& part = impl_->parts[slot];
    const std::lock_guard guard{part.lock};
    if (!part.blocks) return {.capacity = k_default_blocks};
    return {.blocks = part.blocks->size(),
            .capacity = part.blocks->capacity(),
            .bytes = part.blocks->bytes()};
}

PrefixIndex::Total PrefixIndex::total() const noexcept {
    Total total{.blocks = impl_->holders.blocks(),
                .bytes = impl_->holders.bytes() + fleet::k_slots_max * sizeof(Part) +
                         PrefixHomes::k_entries * sizeof(std::uint64_t)};
    for (fleet::Slot slot = 0; slot < fleet::k_slots_max; ++slot) {
        const Size part = size(slot);
        total.pairs += part.blocks;
        total.bytes += part.bytes;
    }
    return total;
}

}  // namespace penstock::routing
