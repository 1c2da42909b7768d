// The blocks one backend is believed to hold: a hash table of bounded size with a
// least-recently-used order in which a parent is always more recent than its children, so that the
// oldest block never has one that depends on it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace penstock::routing {

/// Not synchronised; `PrefixIndex` locks around it. 32 bytes a block.
class BlockCache {
public:
    /// More than any engine caches today (500 million tokens at 256 a block): whatever the metrics
    /// or the config say, one backend's index takes at most some 130 MiB.
    static constexpr std::size_t k_capacity_max = std::size_t{1} << 21U;

    /// Places in the table depend on `salt`; it must not be guessable where prompts come from
    /// strangers. To be called while nothing is held.
    void set_salt(std::uint64_t salt) noexcept { multiplier_ = (k_golden ^ salt) | 1U; }

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
    /// Removes the blocks that this insertion added and no later one has used.
    void undo(const Inserted& inserted, std::span<const std::uint64_t> chain) noexcept;

    /// Removes what is held of the chain from its block `from` on.
    void truncate(std::span<const std::uint64_t> chain, std::size_t from) noexcept;

    /// At least 1, at most `k_capacity_max`.
    void set_capacity(std::size_t blocks);
    void clear() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    static constexpr std::uint32_t k_none = 0xFFFFFFFF;
    static constexpr std::uint64_t k_golden = 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio, odd

    struct Entry {
        std::uint64_t hash = 0;
        std::uint32_t older = k_none;
        std::uint32_t newer = k_none;
        std::uint32_t stamp = 0;
    };

    [[nodiscard]] std::uint32_t find(std::uint64_t hash) const noexcept;
    /// Salted, since the hash is public: prompts can be made whose blocks would all have one home,
    /// and each look-up would go over all of them, with the lock held. Multiplication by a secret
    /// odd number, of which the upper bits count, is universal (Dietzfelbinger and others 1997).
    [[nodiscard]] std::size_t home(std::uint64_t hash) const noexcept {
        return (hash * multiplier_) >> shift_;
    }
    void touch(std::uint64_t hash);
    void link_newest(std::uint32_t index) noexcept;
    void unlink(std::uint32_t index) noexcept;
    void remove(std::uint32_t index) noexcept;
    void erase_from_table(std::uint64_t hash) noexcept;
    void put_in_table(std::uint64_t hash, std::uint32_t index) noexcept;
    void grow_table();
    [[nodiscard]] std::uint32_t take_entry();

    std::vector<Entry> entries_;
    std::vector<std::uint32_t>
        table_;                    // indices into `entries_`; a power of two, at most half full
    std::uint32_t free_ = k_none;  // removed entries, linked by `older`
    std::uint32_t oldest_ = k_none;
    std::uint32_t newest_ = k_none;
    std::uint32_t stamp_ = 0;
    std::size_t size_ = 0;
    std::size_t capacity_ = 4096;
    std::uint64_t multiplier_ = k_golden;
    unsigned shift_ = 63;  // 64 - log2(table size)
};

}  // namespace penstock::routing
