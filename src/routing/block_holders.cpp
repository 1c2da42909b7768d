#include "block_holders.h"

#include <mutex>

#include "spin_lock.h"

namespace penstock::routing {

namespace {

// So many that a table that grows is moved in some ten microseconds, since who wants a block of its
// shard waits for it.
constexpr unsigned k_shard_bits = 8;
constexpr std::size_t k_shards = std::size_t{1} << k_shard_bits;

}  // namespace

struct alignas(64) BlockHolders::Shard {
    mutable SpinLock lock;
    HolderTable table{Scatter{0}, k_shard_bits};
};

BlockHolders::BlockHolders(Scatter scatter)
    : scatter_{scatter}, shards_{std::make_unique<Shard[]>(k_shards)} {
    for (std::size_t i = 0; i < k_shards; ++i)
        shards_[i].table = HolderTable{scatter, k_shard_bits};
}
BlockHolders::~BlockHolders() = default;

BlockHolders::Shard& BlockHolders::shard_of(std::uint64_t block) const noexcept {
    return shards_[scatter_(block) >> (64 - k_shard_bits)];
}

void BlockHolders::add(std::uint64_t block, fleet::Slot slot) {
    Shard& shard = shard_of(block);
    const std::lock_guard guard{shard.lock};
    shard.table.add(block, slot);
}

void BlockHolders::remove(std::uint64_t block, fleet::Slot slot) noexcept {
    Shard& shard = shard_of(block);
    const std::lock_guard guard{shard.lock};
    shard.table.remove(block, slot);
}

std::uint32_t BlockHolders::count(std::uint64_t block) const noexcept {
    const Shard& shard = shard_of(block);
    const std::lock_guard guard{shard.lock};
    const SlotSet* slots = shard.table.find(block);
    return slots == nullptr ? 0 : slots->size();
}

void BlockHolders::match(std::span<const std::uint64_t> chain, Holdings& out) const {
    out.begin();
    std::size_t from = 0;
    while (from < chain.size()) {
        const std::uint32_t holders = count(chain[from]);
        if (holders == 0) return;
        const std::size_t last = last_alike(chain, from, holders);
        const Shard& shard = shard_of(chain[last]);
        const std::lock_guard guard{shard.lock};
        const SlotSet* slots = shard.table.find(chain[last]);
        if (slots == nullptr) return;  // forgotten meanwhile
        slots->each([&](fleet::Slot slot) {
            out.extend(slot, static_cast<std::uint32_t>(from),
                       static_cast<std::uint32_t>(last + 1));
        });
        from = last + 1;
    }
}

// The last block from `first` on that has as many holders. Gallops first: most prompts share either
// little or nearly all.
std::size_t BlockHolders::last_alike(std::span<const std::uint64_t> chain, std::size_t first,
                                     std::uint32_t holders) const noexcept {
    std::size_t alike = first;
    std::size_t other = chain.size();
    for (std::size_t step = 1; alike + step < other; step *= 2) {
        if (count(chain[alike + step]) != holders) {
            other = alike + step;
            break;
        }
        alike += step;
    }
    while (alike + 1 < other) {
        const std::size_t middle = alike + (other - alike) / 2;
        (count(chain[middle]) == holders ? alike : other) = middle;
    }
    return alike;
}

std::size_t BlockHolders::blocks() const noexcept {
    std::size_t blocks = 0;
    for (std::size_t i = 0; i < k_shards; ++i) {
        const std::lock_guard guard{shards_[i].lock};
        blocks += shards_[i].table.size();
    }
    return blocks;
}

std::size_t BlockHolders::bytes() const noexcept {
    std::size_t bytes = k_shards * sizeof(Shard);
    for (std::size_t i = 0; i < k_shards; ++i) {
        const std::lock_guard guard{shards_[i].lock};
        bytes += shards_[i].table.bytes();
    }
    return bytes;
}

}  // namespace penstock::routing
