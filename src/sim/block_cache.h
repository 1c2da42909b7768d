// The KV cache of a simulated engine: a fixed number of blocks, counted references, and full prompt
// blocks kept by name (their hash) for whoever asks next.
//
// A block is free, referenced by running requests, or idle: named, unreferenced, and the first to
// go when room is needed, in the order it was released. Requests release their blocks last block
// first, so a chain loses its tail before its root and a named block is worth nothing without its
// parents. Pure. Source of the rules: vLLM 0.27 `v1/core/block_pool.py`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace penstock::sim {

class BlockCache {
public:
    using Block = std::uint32_t;

    explicit BlockCache(std::uint32_t capacity);

    /// How many hashes at the chain's start have a block here.
    [[nodiscard]] std::uint32_t match(std::span<const std::uint64_t> chain) const;

    /// Takes a reference on a named block. Precondition: the hash is here.
    [[nodiscard]] Block acquire(std::uint64_t hash);
    /// An unnamed block with one reference, evicting the idle block released longest ago if none is
    /// free; empty when all are referenced.
    [[nodiscard]] std::optional<Block> allocate();
    /// Names a block that was computed. Of two blocks with one hash only the first is named: true.
    bool set_name(Block block, std::uint64_t hash);
    /// Gives back one reference on each, last one first.
    void release(std::span<const Block> blocks);

    /// Hashes of named blocks that had to go are appended here, until a null.
    void log_evictions(std::vector<std::uint64_t>* hashes) noexcept { evicted_ = hashes; }

    /// Forgets everything. Precondition: nothing is referenced.
    void clear();

    [[nodiscard]] std::uint32_t capacity() const noexcept;
    /// Blocks that `allocate` can give.
    [[nodiscard]] std::uint32_t available() const noexcept { return free_count_ + idle_count_; }
    [[nodiscard]] std::uint32_t referenced() const noexcept { return capacity() - available(); }
    [[nodiscard]] std::size_t named() const noexcept { return by_hash_.size(); }

private:
    static constexpr Block k_none = ~Block{0};

    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t references = 0;
        bool named = false;
        Block previous = k_none;  // links of the idle list, or `next` of the free list
        Block next = k_none;
    };

    void push_free(Block block) noexcept;
    void push_idle(Block block) noexcept;
    void unlink_idle(Block block) noexcept;

    std::vector<Slot> slots_;
    std::unordered_map<std::uint64_t, Block> by_hash_;
    Block free_first_ = k_none;
    Block idle_first_ = k_none;  // the next to be evicted
    Block idle_last_ = k_none;
    std::uint32_t free_count_ = 0;
    std::uint32_t idle_count_ = 0;
    std::vector<std::uint64_t>* evicted_ = nullptr;
};

}  // namespace penstock::sim
