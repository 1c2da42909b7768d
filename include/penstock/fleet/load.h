// What is known of the backends' load: polled samples with their ages, and the proxy's own
// counters.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "penstock/base/units.h"
#include "penstock/fleet/adapters.h"
#include "penstock/fleet/identity.h"
#include "penstock/fleet/rates.h"

namespace penstock::fleet {

/// Answers to prompts that came whole. Monotonic.
struct Answered {
    std::uint64_t answers = 0;
    std::uint64_t prompt_tokens = 0;
    std::uint64_t believed_tokens = 0;  // of them, cached there by the prefix index at the pick
};

/// What one poll of an engine's metrics said. Unset: this engine does not tell.
struct LoadSample {
    TimePoint sent{};                      // when the poll went out
    std::optional<double> running;         // requests in the batch, summed over data-parallel ranks
    std::optional<double> waiting;         // requests queued
    std::optional<double> kv_use;          // share of KV cache in use, 0..1 (mean over ranks)
    std::optional<double> kv_tokens;       // capacity of the KV cache in tokens, summed over ranks
    std::optional<double> kv_host_tokens;  // of the host's memory, where what it evicts is kept
    std::optional<double> running_max;     // most requests in a batch
    std::optional<double> cache_queries;   // prefix cache: tokens asked for, counter
    std::optional<double> cache_hits;      // prefix cache: tokens found, counter
    std::optional<double> start_time;      // process start, Unix seconds: a change means a restart
    std::vector<AdapterUse> adapters;      // LoRA adapters that requests want now
    std::optional<double> adapter_slots;   // how many can be loaded at a time
    std::optional<double> adapter_slots_used;
    std::uint64_t started_then = 0;  // this proxy's `started` counter when the poll went out
    std::uint64_t finished_then = 0;
    Answered answered_then;
};

/// Tokens that an engine can have cached wherever: what the prefix index mirrors.
[[nodiscard]] inline std::optional<double> cache_tokens(const LoadSample& sample) noexcept {
    if (!sample.kv_tokens) return std::nullopt;
    return *sample.kv_tokens + sample.kv_host_tokens.value_or(0);
}

enum class Health : std::uint8_t { unknown, healthy, unhealthy, loading };
[[nodiscard]] std::string_view name(Health health) noexcept;

/// One backend's row in the load table.
struct BackendState {
    Health health = Health::unknown;
    bool draining = false;             // removed from the config, finishing its streams
    bool ejected = false;              // by the failures the workers reported
    std::optional<LoadSample> sample;  // the last good one
    std::vector<std::string> models;   // the last good /v1/models, adapters included
    std::vector<AdapterId> adapters;   // of the models, those that are LoRA adapters; sorted
    bool models_listed = false;
    std::string models_json;  // the last good list's "data" elements, for the union of /v1/models
    std::string last_error;   // of poll or probe; for people
    double poll_interval_ms = 0;  // the effective one
    Rates rates;                  // as learned from this proxy's streams
    bool cache_off = false;       // it finds nothing of what the prefix index believes there
};

/// Published by the control thread at most every 10 ms; immutable. By slot.
struct LoadTable {
    std::uint64_t version = 0;
    std::vector<BackendState> rows;
};

/// The slot's row; null while nothing was published of it. Lives as long as the table.
[[nodiscard]] const BackendState* state_of(const LoadTable& table, Slot slot) noexcept;

/// This proxy's own books per backend: relaxed, two cache lines each, all but `output_tokens`
/// monotonic. Written by all workers. In flight = started - finished. Owned by `app`, lives as long
/// as the process.
class CounterSlab {
public:
    struct alignas(64) Cell {
        std::atomic<std::uint64_t> started{0};
        std::atomic<std::uint64_t> finished{0};
        std::atomic<std::uint64_t> served{0};  // answers that began and were no server error
        std::atomic<std::uint64_t> prompt_tokens_started{
            0};  // uncached prompt tokens charged at the pick
        std::atomic<std::uint64_t> prompt_tokens_finished{0};  // of them, prefilled or given up
        std::atomic<std::uint64_t> output_tokens{0};  // expected of the answers under way, in all
        // What follows is touched once an answer.
        std::atomic<std::uint64_t> answers{0};
        std::atomic<std::uint64_t> answered_tokens{0};
        std::atomic<std::uint64_t> believed_tokens{0};

        void count_answer(std::uint32_t prompt_tokens, std::uint32_t believed) noexcept {
            answers.fetch_add(1, std::memory_order_relaxed);
            answered_tokens.fetch_add(prompt_tokens, std::memory_order_relaxed);
            believed_tokens.fetch_add(std::min(believed, prompt_tokens), std::memory_order_relaxed);
        }
        [[nodiscard]] Answered answered() const noexcept {
            return {answers.load(std::memory_order_relaxed),
                    answered_tokens.load(std::memory_order_relaxed),
                    believed_tokens.load(std::memory_order_relaxed)};
        }
    };
    CounterSlab();
    [[nodiscard]] Cell& operator[](Slot slot) noexcept { return cells_[slot]; }
    [[nodiscard]] const Cell& operator[](Slot slot) const noexcept { return cells_[slot]; }
    /// Never negative, though a reader may see the two counters at different moments.
    [[nodiscard]] std::uint32_t in_flight(Slot slot) const noexcept;
    /// Prompt tokens charged and not yet prefilled; never negative either.
    [[nodiscard]] std::uint64_t prefill_tokens(Slot slot) const noexcept;

private:
    std::unique_ptr<Cell[]> cells_;
};

}  // namespace penstock::fleet
