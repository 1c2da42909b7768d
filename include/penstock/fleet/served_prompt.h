// A prompt that a backend has served: what is known of it afterwards, for whoever follows the
// engine's own word of what it holds.
#pragma once

#include <cstdint>
#include <vector>

#include "penstock/base/units.h"
#include "penstock/fleet/identity.h"

namespace penstock::fleet {

struct ServedPrompt {
    Slot slot = 0;
    std::vector<std::uint64_t> blocks;  // its hash chain; never empty
    std::uint32_t block_bytes = 1024;   // of text in each
    std::uint64_t bytes = 0;            // of all its text
    std::uint32_t tokens = 0;           // by the engine's usage; 0: it does not tell
    std::uint32_t cached_tokens = 0;    // the same; 0: none, or it does not tell
    TimePoint sent{};
    TimePoint ended{};
};

}  // namespace penstock::fleet
