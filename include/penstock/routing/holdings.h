// How much of one prompt each backend holds: what a look-up in the prefix index fills.
#pragma once

#include <cstdint>
#include <vector>

#include "penstock/fleet/identity.h"

namespace penstock::routing {

/// Kept by whoever decides from one look-up to the next, so that none allocates. One thread.
class Holdings {
public:
    /// Blocks of the prompt, from its beginning on.
    [[nodiscard]] std::uint32_t of(fleet::Slot slot) const noexcept {
        if (slot >= entries_.size() || entries_[slot].prompt != prompt_) return 0;
        return entries_[slot].blocks;
    }

    /// Another prompt, of which nobody is known to hold anything. O(1).
    void begin() noexcept {
        if (++prompt_ != 0) return;
        entries_.assign(entries_.size(), Entry{});
        prompt_ = 1;
    }
    /// Who holds the first `from` blocks holds the first `to`.
    void extend(fleet::Slot slot, std::uint32_t from, std::uint32_t to) {
        if (of(slot) != from) return;  // there is a gap before
        if (slot >= entries_.size()) entries_.resize(slot + 1);
        entries_[slot] = {.prompt = prompt_, .blocks = to};
    }

private:
    struct Entry {
        std::uint32_t prompt = 0;  // which one `blocks` is of
        std::uint32_t blocks = 0;
    };
    std::vector<Entry> entries_;  // by slot
    std::uint32_t prompt_ = 1;
};

}  // namespace penstock::routing
