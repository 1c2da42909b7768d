// What the peers' models share: going over fit backends, and picking.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "penstock/sim/router.h"

namespace penstock::sim {

[[nodiscard]] inline std::vector<fleet::Slot> fit_slots(const View& view) {
    std::vector<fleet::Slot> slots;
    for (const fleet::Backend& backend : view.backends) {
        if (view.fit(backend.slot)) slots.push_back(backend.slot);
    }
    return slots;
}

/// The slot of the least `cost`, which may be a tuple; equal ones by lot.
template <class Cost>
[[nodiscard]] std::optional<fleet::Slot> least(const std::vector<fleet::Slot>& slots, Rng& rng,
                                               Cost cost) {
    std::optional<fleet::Slot> best;
    decltype(cost(fleet::Slot{})) lowest{};
    std::uint32_t equals = 0;
    for (const fleet::Slot slot : slots) {
        const auto value = cost(slot);
        if (!best || value < lowest) {
            best = slot;
            lowest = value;
            equals = 1;
        } else if (value == lowest && rng.below(++equals) == 0) {
            best = slot;
        }
    }
    return best;
}

/// Blocks that an index may know which in its original forgets nothing: four times what the whole
/// fleet can cache. What was used longer ago than that is in no cache any more.
[[nodiscard]] inline std::size_t generous_blocks(const RouterSetting& setting) {
    return std::max<std::size_t>(4 * setting.kv_tokens * setting.backends / setting.block_tokens,
                                 1);
}

/// Requests this proxy has on the backend.
[[nodiscard]] inline double requests_on(const View& view, fleet::Slot slot) {
    return view.counters.in_flight(slot);
}

/// Prompt tokens this proxy sent there, without what it believed cached, that are not prefilled.
[[nodiscard]] inline double tokens_on(const View& view, fleet::Slot slot) {
    const auto& cell = view.counters[slot];
    return static_cast<double>(cell.prompt_tokens_started.load(std::memory_order_relaxed)) -
           static_cast<double>(cell.prompt_tokens_finished.load(std::memory_order_relaxed));
}

[[nodiscard]] inline std::optional<Choice> chosen(std::optional<fleet::Slot> slot,
                                                  std::uint32_t held_blocks = 0) {
    if (!slot) return std::nullopt;
    return Choice{.slot = *slot, .held_blocks = held_blocks};
}

}  // namespace penstock::sim
