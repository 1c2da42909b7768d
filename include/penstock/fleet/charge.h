// A request's charge on a backend: made at the pick, so that a burst between two polls spreads;
// taken back at its end.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "penstock/fleet/load.h"

namespace penstock::fleet {

/// Thread: any; one owner. Movable.
class Charge {
public:
    Charge() noexcept = default;

    /// Charges one request with `prompt_tokens` to be prefilled. Nothing when `limit` requests (0:
    /// no limit) are on this backend already: the cell is left as it was.
    [[nodiscard]] static std::optional<Charge> try_charge(CounterSlab::Cell& cell,
                                                          std::uint32_t limit,
                                                          std::uint32_t prompt_tokens) noexcept {
        const std::uint64_t started = cell.started.fetch_add(1, std::memory_order_relaxed);
        if (limit > 0 && started - cell.finished.load(std::memory_order_relaxed) >= limit) {
            // Undone as a finished request: the counters stay monotonic.
            cell.finished.fetch_add(1, std::memory_order_release);
            return std::nullopt;
        }
        cell.prompt_tokens_started.fetch_add(prompt_tokens, std::memory_order_relaxed);
        return Charge{cell, prompt_tokens};
    }

    Charge(Charge&& other) noexcept
        : cell_{std::exchange(other.cell_, nullptr)},
          prompt_tokens_{std::exchange(other.prompt_tokens_, 0)} {}
    Charge& operator=(Charge&& other) noexcept {
        if (this != &other) {
            release();
            cell_ = std::exchange(other.cell_, nullptr);
            prompt_tokens_ = std::exchange(other.prompt_tokens_, 0);
        }
        return *this;
    }
    ~Charge() { release(); }

    /// The prompt is prefilled: its tokens no longer wait.
    void first_byte() noexcept {
        if (cell_ == nullptr) return;
        cell_->prompt_tokens_finished.fetch_add(std::exchange(prompt_tokens_, 0),
                                                std::memory_order_relaxed);
    }

    void release() noexcept {
        if (cell_ == nullptr) return;
        first_byte();
        std::exchange(cell_, nullptr)->finished.fetch_add(1, std::memory_order_release);
    }

private:
    Charge(CounterSlab::Cell& cell, std::uint32_t prompt_tokens) noexcept
        : cell_{&cell}, prompt_tokens_{prompt_tokens} {}

    CounterSlab::Cell* cell_ = nullptr;
    std::uint32_t prompt_tokens_ = 0;
};

}  // namespace penstock::fleet
