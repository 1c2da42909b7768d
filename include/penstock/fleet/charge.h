// A request's charge on a backend: made at the pick, so that a burst between two polls spreads;
// taken back at its end.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "penstock/fleet/load.h"

namespace penstock::fleet {

/// Thread: any; one owner. Movable.
class Charge {
public:
    Charge() noexcept = default;

    /// Charges one request with `prompt_tokens` to be prefilled and an answer of `output_tokens` to
    /// be expected. Nothing when `limit` requests (0: no limit) are on this backend already: the
    /// cell is left as it was.
    [[nodiscard]] static std::optional<Charge> try_charge(
        CounterSlab::Cell& cell, std::uint32_t limit, std::uint32_t prompt_tokens,
        std::uint32_t output_tokens = 0) noexcept {
        if (limit == 0) {
            cell.started.fetch_add(1, std::memory_order_relaxed);
        } else if (!start_below(cell, limit)) {
            return std::nullopt;
        }
        cell.prompt_tokens_started.fetch_add(prompt_tokens, std::memory_order_relaxed);
        cell.output_tokens.fetch_add(output_tokens, std::memory_order_relaxed);
        return Charge{cell, prompt_tokens, output_tokens};
    }

    Charge(Charge&& other) noexcept
        : cell_{std::exchange(other.cell_, nullptr)},
          prompt_tokens_{std::exchange(other.prompt_tokens_, 0)},
          output_tokens_{std::exchange(other.output_tokens_, 0)} {}
    Charge& operator=(Charge&& other) noexcept {
        if (this != &other) {
            release();
            cell_ = std::exchange(other.cell_, nullptr);
            prompt_tokens_ = std::exchange(other.prompt_tokens_, 0);
            output_tokens_ = std::exchange(other.output_tokens_, 0);
        }
        return *this;
    }
    ~Charge() { release(); }

    /// The prompt is prefilled: its tokens no longer wait.
    void prefilled() noexcept {
        if (cell_ == nullptr) return;
        cell_->prompt_tokens_finished.fetch_add(std::exchange(prompt_tokens_, 0),
                                                std::memory_order_relaxed);
    }

    void release() noexcept {
        if (cell_ == nullptr) return;
        prefilled();
        cell_->output_tokens.fetch_sub(std::exchange(output_tokens_, 0), std::memory_order_relaxed);
        std::exchange(cell_, nullptr)->finished.fetch_add(1, std::memory_order_release);
    }

private:
    /// Exact, though the two counters are read one after the other: `finished` only grows, so where
    /// it reads the same before and after `started`, both values stood at one moment. Adding first
    /// and undoing at the limit would refuse requests for which there is room (the difference may
    /// even wrap) and disturb the counters that a poll is compared with.
    static bool start_below(CounterSlab::Cell& cell, std::uint32_t limit) noexcept {
        std::uint64_t finished = cell.finished.load(std::memory_order_acquire);
        std::uint64_t started = cell.started.load(std::memory_order_acquire);
        for (;;) {
            if (started - finished < limit) {
                // Finished ones that this thread has not seen only make more room.
                if (cell.started.compare_exchange_weak(started, started + 1,
                                                       std::memory_order_acquire)) {
                    return true;
                }
            } else {
                const std::uint64_t since = cell.finished.load(std::memory_order_acquire);
                if (since == finished) return false;
                finished = since;
                started = cell.started.load(std::memory_order_acquire);
            }
        }
    }

    Charge(CounterSlab::Cell& cell, std::uint32_t prompt_tokens,
           std::uint32_t output_tokens) noexcept
        : cell_{&cell}, prompt_tokens_{prompt_tokens}, output_tokens_{output_tokens} {}

    CounterSlab::Cell* cell_ = nullptr;
    std::uint32_t prompt_tokens_ = 0;
    std::uint32_t output_tokens_ = 0;
};

}  // namespace penstock::fleet
