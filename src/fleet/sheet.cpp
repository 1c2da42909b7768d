#include "penstock/fleet/sheet.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

// More requests than any engine holds. An engine that tells nonsense stays comparable: an infinite
// load would equal every other in the eyes of a picker.
constexpr double k_most_requests = 1e6;

float request_count(double count) noexcept {
    return static_cast<float>(std::clamp(count, 0.0, k_most_requests));
}

double difference(std::uint64_t now, std::uint64_t then) noexcept {
    return static_cast<double>(now) - static_cast<double>(then);
}

std::uint8_t unfitness(const Backend& backend, const BackendState* state,
                       float in_flight) noexcept {
    std::uint8_t unfit = k_fit;
    if (state == nullptr || state->health != Health::healthy || state->ejected)
        unfit |= k_unhealthy;
    if (state != nullptr && state->draining) unfit |= k_draining;
    if (backend.weight <= 0) unfit |= k_no_weight;
    if (backend.max_in_flight > 0 && in_flight >= static_cast<float>(backend.max_in_flight))
        unfit |= k_full;
    return unfit;
}

// What the poll saw, moved by what this proxy has sent and finished since it went out. New requests
// queue where there is a queue already, else they run; finished ones leave the batch. What it has
// there now is there, whatever a gauge says that lags or always says nothing.
void move_by_own_traffic(const LoadSample& sample, const CounterSlab::Cell& cell,
                         SheetRow& row) noexcept {
    const double started =
        difference(cell.started.load(std::memory_order_relaxed), sample.started_then);
    const double finished =
        difference(cell.finished.load(std::memory_order_relaxed), sample.finished_then);
    double running = sample.running.value_or(0);
    double waiting = sample.waiting.value_or(0);
    const bool queues = waiting > 0 || (sample.running_max && running >= *sample.running_max);
    (queues ? waiting : running) += started;
    const double from_queue = std::min(waiting, std::max(0.0, finished));
    // A finished request makes room for a waiting one, so while there is a queue it is the queue
    // that shrinks.
    waiting -= queues ? from_queue : 0;
    running -= queues ? finished - from_queue : finished;
    row.waiting = request_count(waiting);
    row.running = std::max(request_count(running), row.in_flight - row.waiting);
}

/// The part of the engine's cache that this proxy's requests there will still fill: prompts that
/// wait, and the other half of answers, which are on average half done.
float kv_growth(const LoadSample& sample, const CounterSlab::Cell& cell,
                float prefill_tokens) noexcept {
    const double capacity = sample.kv_tokens.value_or(0);
    if (capacity <= 0) return 0;
    const auto outputs = static_cast<double>(cell.output_tokens.load(std::memory_order_relaxed));
    return static_cast<float>((static_cast<double>(prefill_tokens) + outputs / 2) / capacity);
}

/// An old sample's adapters are long done; its slots are there still.
AdapterPlace place_of(const Loads& loads, const LoadSample* sample, const SheetRow& row) noexcept {
    AdapterHistory::Room room;
    AdapterNews news;
    if (sample != nullptr) news.slots = sample->adapter_slots;
    if (row.fresh) {
        news.at_work = sample->adapters;
        news.slots_used = sample->adapter_slots_used;
        news.when = sample->sent;
    }
    return find_place(loads.adapter, news, loads.adapters->seen(row.slot, room));
}

}  // namespace

bool is_fresh(const LoadSample* sample, TimePoint now, Millis stale_after) noexcept {
    return sample != nullptr && now - sample->sent <= stale_after && sample->running.has_value();
}

void observe(std::span<const Backend> backends, const Loads& loads, std::vector<SheetRow>& out) {
    out.clear();
    for (const Backend& backend : backends) {
        const BackendState* state = state_of(loads.table, backend.slot);
        const CounterSlab::Cell& cell = loads.counters[backend.slot];
        SheetRow row;
        row.slot = backend.slot;
        row.identity = backend.identity;
        row.weight = static_cast<float>(backend.weight);
        row.in_flight = static_cast<float>(loads.counters.in_flight(backend.slot));
        row.unfit = unfitness(backend, state, row.in_flight);
        row.prefill_tokens = static_cast<float>(loads.counters.prefill_tokens(backend.slot));
        if (state != nullptr) {
            row.rates = state->rates;
            row.cache_off = state->cache_off;
        }
        const LoadSample* sample = state != nullptr && state->sample ? &*state->sample : nullptr;
        row.fresh = is_fresh(sample, loads.now, loads.stale_after);
        if (row.fresh) {
            move_by_own_traffic(*sample, cell, row);
            row.batch_full =
                sample->running_max && row.running >= request_count(*sample->running_max);
            if (sample->kv_use) row.kv_use = static_cast<float>(*sample->kv_use);
            row.kv_growth = kv_growth(*sample, cell, row.prefill_tokens);
        } else {
            row.running = row.in_flight;
        }
        if (loads.adapter != 0) row.adapter = place_of(loads, sample, row);
        out.push_back(row);
    }
}

}  // namespace penstock::fleet
