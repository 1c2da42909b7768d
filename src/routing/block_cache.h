// The blocks one backend is believed to hold: a hash table of bounded size with a
// least-recently-used order in which a parent is always more recent than its children, so that the
// oldest block never has one that depends on it. What comes and goes is told to the holders.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "block_holders.h"
#include "penstock/base/scatter.h"

namespace penstock::routing {

/// Not synchronised; `PrefixIndex` locks around it. 32 bytes a block, and what the holders take.
class BlockCache {
public:
    /// More than any engine caches today (500 million tokens at 256 a block): whatever the metrics
    /// or the config say, one backend's index takes at most some 130 MiB.
    static constexpr std::size_t k_capacity_max = std::size_t{1} << 21U;

    static constexpr std::size_t k_default_capacity = 4096;

    struct Start {
        std::size_t capacity = k_default_capacity;
        std::uint32_t stamp = 0;  // of its predecessor, whose insertions may still be taken back
    };
    /// The blocks of `slot`. `holders` are borrowed.
    BlockCache(BlockHolders& holders, fleet::Slot slot, Scatter scatter, Start start) noexcept
        : holders_{holders},
          slot_{slot},
          scatter_{scatter},
          stamp_{start.stamp},
          capacity_{start.capacity} {}
    ~BlockCache() = default;
    BlockCache(const BlockCache&) = delete;
    BlockCache& operator=(const BlockCache&) = delete;

    [[nodiscard]] bool holds(std::uint64_t hash) const noexcept { return find(hash) != k_none; }
    /// Blocks of the chain held from the root on. Bisects: holding a block implies holding its
    /// parents.
    [[nodiscard]] std::uint32_t match(std::span<const std::uint64_t> chain) const noexcept;

    struct Inserted {
        std::uint32_t from = 0;  // first new block of the chain
        std::uint32_t to = 0;    // one past the last
        std::uint32_t stamp = 0;
    };
    /// Makes the chain the most recent. Of a chain longer than the capacity only the beginning is
    /// held.
    Inserted insert(std::span<const std::uint64_t> chain);
    /// Removes the blocks that this insertion added and no later one has used: those of the chain
    /// from the number on that is returned.
    std::size_t undo(const Inserted& inserted, std::span<const std::uint64_t> chain) noexcept;

    /// Of what this insertion believed to be there the engine found `found` blocks: what was used
    /// longer ago than the first that was missing must be gone, too.
    void correct(const Inserted& inserted, std::span<const std::uint64_t> chain,
                 std::size_t found) noexcept;
    /// Removes the blocks of the chain from number `from` on. What other chains hold below them
    /// goes by its age; until then a look-up among many holders may leap over the gap.
    void truncate(std::span<const std::uint64_t> chain, std::size_t from) noexcept;

    /// At least 1, at most `k_capacity_max`. The excess stays until `evict`.
    void set_capacity(std::size_t blocks) noexcept;
    /// Removes the oldest blocks beyond the capacity, `most` of them at most. False: none is left.
    bool evict(std::size_t most) noexcept;
    /// Tells the holders that nothing is held any more. To be called once, as the last thing.
    void abandon() noexcept;
    [[nodiscard]] Start successor() const noexcept {
        return {.capacity = capacity_, .stamp = stamp_};
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    static constexpr std::uint32_t k_none = 0xFFFFFFFF;

    struct Entry {
        std::uint64_t hash = 0;
        std::uint32_t older = k_none;
        std::uint32_t newer = k_none;
        std::uint32_t stamp = 0;   // of the last insertion that used it
        std::uint32_t before = 0;  // and of the one before that
    };

    [[nodiscard]] std::uint32_t find(std::uint64_t hash) const noexcept;
    [[nodiscard]] std::size_t home(std::uint64_t hash) const noexcept {
        return scatter_(hash) >> shift_;
    }
    void touch(std::uint64_t hash);
    void link_newest(std::uint32_t index) noexcept;
    void unlink(std::uint32_t index) noexcept;
    void remove(std::uint32_t index) noexcept;
    void erase_from_table(std::uint64_t hash) noexcept;
    void put_in_table(std::uint64_t hash, std::uint32_t index) noexcept;
    void grow_table();
    [[nodiscard]] std::uint32_t take_entry();

    BlockHolders& holders_;
    fleet::Slot slot_;
    Scatter scatter_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t>
        table_;                    // indices into `entries_`; a power of two, at most half full
    std::uint32_t free_ = k_none;  // removed entries, linked by `older`
    std::uint32_t oldest_ = k_none;
    std::uint32_t newest_ = k_none;
    std::uint32_t stamp_;
    std::size_t size_ = 0;
    std::size_t capacity_;
    unsigned shift_ = 63;  // 64 - log2(table size)
};

}  // namespace penstock::routing
