// Who is told which of our prompt blocks an engine holds. The proxy's is the prefix index.
#pragma once

#include <cstdint>
#include <span>

#include "penstock/fleet/identity.h"

namespace penstock::kv_events {

/// Called on the follower's thread.
class HeldBlocks {
public:
    HeldBlocks() = default;
    HeldBlocks(const HeldBlocks&) = delete;
    HeldBlocks& operator=(const HeldBlocks&) = delete;
    virtual ~HeldBlocks() = default;

    /// The engine holds all of this chain (prefix_blocks.h).
    virtual void stored(fleet::Slot slot, std::span<const std::uint64_t> chain) = 0;
    /// It holds none of these any more.
    virtual void removed(fleet::Slot slot, std::span<const std::uint64_t> blocks) = 0;
    /// It holds nothing at all.
    virtual void cleared(fleet::Slot slot) = 0;
};

}  // namespace penstock::kv_events
