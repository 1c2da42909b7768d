// Who holds which block, of all backends: what makes a look-up cost the same however many there
// are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "holder_table.h"
#include "penstock/base/scatter.h"
#include "penstock/routing/holdings.h"

namespace penstock::routing {

/// Sharded by block, a spin lock per shard that is held for one block's look-up or change. A reader
/// beside a writer may see some blocks before the change and some after it. Thread: any.
class BlockHolders {
public:
    explicit BlockHolders(Scatter scatter);
    ~BlockHolders();
    BlockHolders(const BlockHolders&) = delete;
    BlockHolders& operator=(const BlockHolders&) = delete;

    void add(std::uint64_t block, fleet::Slot slot);
    void remove(std::uint64_t block, fleet::Slot slot) noexcept;

    /// Into `out` how much of `chain` each backend holds. Whoever holds a block holds those before
    /// it, so along the chain holders only become fewer, and where their number is the same they
    /// are the same: it is enough to find where it changes. O(changes x log blocks) look-ups, at
    /// most two for each block.
    void match(std::span<const std::uint64_t> chain, Holdings& out) const;

    /// Backends that hold this block.
    [[nodiscard]] std::uint32_t count(std::uint64_t block) const noexcept;
    /// Different blocks held by anybody.
    [[nodiscard]] std::size_t blocks() const noexcept;
    /// Goes over all of them.
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    struct Shard;
    [[nodiscard]] Shard& shard_of(std::uint64_t block) const noexcept;
    [[nodiscard]] std::size_t last_alike(std::span<const std::uint64_t> chain, std::size_t first,
                                         std::uint32_t holders) const noexcept;

    Scatter scatter_;
    std::unique_ptr<Shard[]> shards_;
};

}  // namespace penstock::routing
