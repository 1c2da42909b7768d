// The LoRA adapters one simulated engine has loaded: a few slots, least recently used first out.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "penstock/base/units.h"

namespace penstock::sim {

class AdapterSlots {
public:
    AdapterSlots(std::uint32_t slots, Micros load) : slots_{slots}, load_{load} {}

    /// A request of this adapter (not 0) comes: when it can begin. Nothing: all slots are in use by
    /// others, try again after a `leave`.
    [[nodiscard]] std::optional<Micros> enter(std::uint32_t adapter, Micros now);
    /// A request that entered has ended.
    void leave(std::uint32_t adapter, Micros now);
    /// A restart.
    void clear() { loaded_.clear(); }

    struct Loaded {
        std::uint32_t adapter = 0;
        std::uint32_t users = 0;
        Micros ready{0};
        Micros used{0};
    };
    [[nodiscard]] const std::vector<Loaded>& loaded() const noexcept { return loaded_; }

private:
    std::uint32_t slots_;
    Micros load_;
    std::vector<Loaded> loaded_;
};

}  // namespace penstock::sim
