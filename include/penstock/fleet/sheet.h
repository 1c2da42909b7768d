// The load sheet: one decision's view of its candidates. Built by `observe`, read by the policies.
// Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "penstock/fleet/load.h"

namespace penstock::fleet {

/// Why a row may not be picked; 0 = it may. Bits.
enum Unfit : std::uint8_t {
    k_fit = 0,
    k_unhealthy = 1,
    k_draining = 2,
    k_other_model = 4,
    k_full = 8,
    k_excluded = 16,  // failed in this request already
    k_no_weight = 32,
    k_other_labels = 64,  // lacks one that the request requires
};

/// One candidate. Numbers are best estimates now: the last sample, moved by what this proxy did
/// since.
struct SheetRow {
    Slot slot = 0;
    std::uint64_t identity = 0;  // the backend's, the same in every proxy
    std::uint8_t unfit = k_fit;
    bool fresh = false;    // the sample is young enough to be believed
    AdapterPlace adapter;  // what the LoRA that is asked for finds there
    float weight = 1;
    float running = 0;         // requests in the batch; with `waiting` at least `in_flight`
    float waiting = 0;         // requests queued
    bool batch_full = false;   // who comes waits until one of the running has its answer
    float in_flight = 0;       // this proxy's own
    float kv_use = -1;         // 0..1; negative: unknown
    float kv_growth = 0;       // of it, by what this proxy has sent there and is still to come
    Rates rates;               // learned, or what is believed before
    float prefill_tokens = 0;  // uncached prompt tokens charged by this proxy and not yet prefilled
    std::uint32_t held_blocks = 0;  // of the prompt's chain, from the root, by the prefix index
    bool cache_off = false;         // and none of them are there (`CacheUse`)
    float place_price = 0;          // seconds, for the labels it lacks that the request prefers
    float move_price = 0;           // seconds, for not being where the request's session is at home
    // For policies that weigh no prices: a fit row that
    bool out_of_place = false;  // costs more than others by its place,
    bool off_home = false;      // and of those that do not, by the session
};

/// The sample tells of the engine's batch and is young enough to be believed. Null is not.
[[nodiscard]] bool is_fresh(const LoadSample* sample, TimePoint now, Millis stale_after) noexcept;

/// What part of the requests there will be this proxy's, once that which is decided on has come.
[[nodiscard]] inline float own_share(const SheetRow& row) noexcept {
    return (row.in_flight + 1) / (std::max(row.running + row.waiting, row.in_flight) + 1);
}

/// Tokens that will be prefilled before a prompt that comes now. When it comes, a third of the
/// prompt that is under way is done: by simulation, without it engines seem up to a quarter faster
/// than they are, since most of what is charged there is over sooner.
[[nodiscard]] inline float work_ahead(const SheetRow& row, float usual_uncached) noexcept {
    constexpr float k_done = 1.0F / 3;
    return row.prefill_tokens - k_done * std::min(row.prefill_tokens, usual_uncached);
}

/// What is known of the loads, and when.
struct Loads {
    const LoadTable& table;
    const CounterSlab& counters;
    TimePoint now;             // by the worker's clock
    Millis stale_after{1000};  // an older sample gives way to the proxy's own in-flight count
    AdapterId adapter = 0;     // the LoRA that is asked for
    const AdapterHistory* adapters = nullptr;  // not null where an adapter is asked for
};

/// Fills `out` (cleared first, capacity kept) with a row per backend, in order. A row's model
/// fitness and exclusion are set by the caller. No allocation once `out` has grown.
void observe(std::span<const Backend> backends, const Loads& loads, std::vector<SheetRow>& out);

}  // namespace penstock::fleet
