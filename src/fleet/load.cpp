#include "penstock/fleet/load.h"

namespace penstock::fleet {

std::string_view name(Health health) noexcept {
    switch (health) {
        case Health::unknown:
            return "unknown";
        case Health::healthy:
            return "healthy";
        case Health::unhealthy:
            return "unhealthy";
        case Health::loading:
            return "loading";
    }
    return "unknown";
}

const BackendState* state_of(const LoadTable& table, Slot slot) noexcept {
    return slot < table.rows.size() ? &table.rows[slot] : nullptr;
}

CounterSlab::CounterSlab() : cells_{std::make_unique<Cell[]>(k_slots_max)} {}

std::uint64_t CounterSlab::prefill_tokens(Slot slot) const noexcept {
    const Cell& cell = cells_[slot];
    const std::uint64_t finished = cell.prompt_tokens_finished.load(std::memory_order_relaxed);
    const std::uint64_t started = cell.prompt_tokens_started.load(std::memory_order_relaxed);
    return started > finished ? started - finished : 0;
}

std::uint32_t CounterSlab::in_flight(Slot slot) const noexcept {
    const Cell& cell = cells_[slot];
    // `finished` first: it never overtakes the `started` read after it.
    const std::uint64_t finished = cell.finished.load(std::memory_order_acquire);
    const std::uint64_t started = cell.started.load(std::memory_order_relaxed);
    return started > finished ? static_cast<std::uint32_t>(started - finished) : 0;
}

}  // namespace penstock::fleet
