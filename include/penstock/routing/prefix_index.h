// Which backend is believed to hold which blocks of which prompts. A belief, never correctness.
//
// A block is known by its chained hash (see prefix_blocks.h), so holding a block implies holding
// its parents. Per backend the index is a cache of bounded size that forgets like an engine does:
// least recently used first, and of one chain the tail before its parents. Beside them stands, for
// each block, who holds it: one look-up serves all backends. Shared by all workers; changes lock
// the backend, and for an instant a shard of the blocks. Thread: any. Why: src/decisions/0010.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "penstock/fleet/identity.h"
#include "penstock/routing/holdings.h"
#include "penstock/routing/prefix_homes.h"

namespace penstock::routing {

class PrefixIndex {
public:
    PrefixIndex();
    /// `salt`: a random number that clients cannot know. Without it prompts can be made that slow
    /// down every look-up (block hashes are public, and so is where they would stand in a table).
    explicit PrefixIndex(std::uint64_t salt);
    ~PrefixIndex();
    PrefixIndex(const PrefixIndex&) = delete;
    PrefixIndex& operator=(const PrefixIndex&) = delete;

    /// How many blocks of `chain`, from the root on, each backend is believed to hold. O(log chain)
    /// look-ups for each number of blocks that some hold and others do not.
    void match(std::span<const std::uint64_t> chain, Holdings& out) const;
    /// The same of one backend alone. Locks it.
    [[nodiscard]] std::uint32_t match(fleet::Slot slot,
                                      std::span<const std::uint64_t> chain) const noexcept;

    /// Where a prompt that begins like this one was inserted last, even if it was evicted since.
    [[nodiscard]] PrefixHomes::Home home(std::span<const std::uint64_t> chain) const noexcept {
        return homes_.find(chain);
    }

    /// What one insertion added: enough to undo it. Small; moved into the request's state.
    struct Added {
        fleet::Slot slot = 0;
        std::uint32_t from = 0;   // first block of the chain that was new
        std::uint32_t to = 0;     // one past the last
        std::uint64_t stamp = 0;  // of this insertion
    };

    /// Believes from now on that `slot` holds all of `chain`, and marks it as just used. Evicts
    /// beyond the capacity.
    Added insert(fleet::Slot slot, std::span<const std::uint64_t> chain);

    /// Takes back what this insertion added and nobody used since, also as their `home`.
    void undo(const Added& added, std::span<const std::uint64_t> chain) noexcept;

    /// The engine has told how many blocks of `chain` it `found` when this insertion's request
    /// came. Where that is less than was believed, what it must have evicted with them is
    /// forgotten.
    void correct(const Added& added, std::span<const std::uint64_t> chain,
                 std::size_t found) noexcept;

    /// The engine has told that of `chain` it holds `from` blocks and no more. What was inserted
    /// below them as part of other chains should be told, too, or goes by its age.
    void truncate(fleet::Slot slot, std::span<const std::uint64_t> chain,
                  std::size_t from) noexcept;
    /// The engine has told that it holds none of these blocks: nobody believes so any more, nor
    /// that something of them may be there still (`home`).
    void evicted(fleet::Slot slot, std::span<const std::uint64_t> blocks) noexcept;

    /// Capacity of one backend in blocks, 1 to 2 Mi; the excess is evicted. Default
    /// `k_default_blocks`.
    void set_capacity(fleet::Slot slot, std::size_t blocks);
    /// Forgets all of a backend: it restarted, or its slot has a new owner.
    void flush(fleet::Slot slot);

    struct Size {
        std::size_t blocks = 0;    // (block, backend) pairs
        std::size_t capacity = 0;  // blocks
        std::size_t bytes = 0;     // memory held, without what all backends share
    };
    [[nodiscard]] Size size(fleet::Slot slot) const noexcept;

    struct Total {
        std::size_t blocks = 0;  // different ones
        std::size_t pairs = 0;   // (block, backend)
        std::size_t bytes = 0;   // memory held; of the homes, all that could be
    };
    /// Goes over everything: for tests and benchmarks.
    [[nodiscard]] Total total() const noexcept;

    static constexpr std::size_t k_default_blocks = 4096;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    PrefixHomes homes_;
};

}  // namespace penstock::routing
