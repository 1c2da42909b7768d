// The loop, and the fleet's side of it: engines, polls, incidents. Requests: fleet_requests.cpp.
#include "penstock/sim/fleet_run.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fleet_state.h"
#include "penstock/base/assert.h"
#include "penstock/base/hash.h"

namespace penstock::sim {

namespace {

constexpr Micros k_watch_interval{1'000'000};  // how often the imbalance is looked at

/// A start time that `fleet::LoadSample` can carry: Unix seconds, here since the run's beginning.
double start_seconds(Micros at) {
    return static_cast<double>(at.count()) / 1e6;
}

std::vector<fleet::Backend> make_backends(std::uint32_t first, std::uint32_t count) {
    std::vector<fleet::Backend> backends(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        backends[i].slot = i;
        backends[i].url = "engine-" + std::to_string(first + i);
        backends[i].identity = hash64(backends[i].url);
    }
    return backends;
}

}  // namespace

RunResult run_fleet(const FleetOptions& options, RequestSource& source,
                    const RouterFactory& make_router) {
    return FleetRun{options, source, make_router}.run();
}

FleetRun::FleetRun(const FleetOptions& options, RequestSource& source,
                   const RouterFactory& make_router)
    : options_{options}, source_{source}, chance_{options.seed} {
    PENSTOCK_ASSERT(!options.engines.empty() && options.replicas > 0);
    PENSTOCK_ASSERT(options.poll_interval > Micros{0});
    for (const EngineProfile& profile : options.engines) {
        PENSTOCK_ASSERT(profile.block_tokens == source.block_tokens());
        places_.emplace_back(profile, options);
    }
    capacity_tokens_ = places_.front().engine.model().capacity_tokens();
    for (const Place& each : places_) {
        capacity_tokens_ = std::min(capacity_tokens_, each.engine.model().capacity_tokens());
    }
    result_.finished_by.resize(places_.size());
    add_replicas(make_router);
}

void FleetRun::add_replicas(const RouterFactory& make_router) {
    const auto all = static_cast<std::uint32_t>(places_.size());
    const std::uint32_t parts = (all + fleet::k_slots_max - 1) / fleet::k_slots_max;
    for (std::uint32_t part = 0; part < parts; ++part) {
        const std::uint32_t first = all / parts * part + std::min(part, all % parts);
        const std::uint32_t count = all / parts + (part < all % parts ? 1 : 0);
        const EngineProfile& profile = options_.engines[first];
        for (std::uint32_t i = 0; i < options_.replicas; ++i) {
            const std::uint64_t seed = chance_.next();
            const RouterSetting setting{
                .backends = count,
                .block_tokens = source_.block_tokens(),
                .prefill_tokens_per_second = profile.prefill_tokens_per_second,
                .kv_tokens = std::uint64_t{profile.kv_blocks} * profile.block_tokens,
                .seed = seed};
            Replica& replica = replicas_.emplace_back(first, count, make_router(setting), seed);
            replica.backends = make_backends(first, count);
            replica.exact = [this, first](fleet::Slot slot, std::span<const std::uint64_t> chain) {
                return places_[first + slot].engine.model().held_blocks(chain);
            };
        }
    }
}

FleetRun::~FleetRun() = default;

RunResult FleetRun::run() {
    begin();
    while (more_ || under_way_ > 0) {
        const FleetEvent event = queue_.top();
        queue_.pop();
        PENSTOCK_ASSERT(event.at >= now_);
        now_ = event.at;
        ++result_.events;
        handle(event);
    }
    result_.imbalance = mean_sum_ > 0 ? fullest_sum_ / mean_sum_ : 1;
    for (const Place& each : places_) result_.preempted += each.engine.preempted();
    return std::move(result_);
}

// The proxies have looked at each engine once before the first request comes, as a proxy does
// before it is ready.
void FleetRun::begin() {
    for (std::uint32_t i = 0; i < options_.incidents.size(); ++i) {
        schedule(options_.incidents[i].at, EventKind::incident, i);
    }
    for (std::uint32_t r = 0; r < replicas_.size(); ++r) {
        for (fleet::Slot slot = 0; slot < replicas_[r].backends.size(); ++slot) {
            const auto number = static_cast<std::uint32_t>(polls_.size());
            polls_.push_back({.replica = r, .slot = slot});
            replicas_[r].under_way[slot].emplace_back(sample(replicas_[r], slot));
            see(number);
            const double phase =
                chance_.unit() * static_cast<double>(options_.poll_interval.count());
            schedule(Micros{static_cast<std::int64_t>(phase)}, EventKind::poll, number);
        }
    }
    schedule(k_watch_interval, EventKind::watch, 0);
    read_next();
    result_.first_arrival = next_.at;
}

std::uint64_t FleetRun::schedule(Micros at, EventKind kind, std::uint32_t target) {
    queue_.push({.at = at, .kind = kind, .target = target, .number = ++scheduled_});
    return scheduled_;
}

// An engine's older step event is left in the queue and passed over when it comes up.
void FleetRun::schedule_step(std::uint32_t engine) {
    Place& place = places_[engine];
    const std::optional<Micros> due = place.engine.due();
    const Micros at = due.value_or(Micros{-1});
    if (at == place.scheduled_at) return;
    place.scheduled_at = at;
    place.scheduled = due ? schedule(*due, EventKind::step, engine) : 0;
}

void FleetRun::handle(const FleetEvent& event) {
    switch (event.kind) {
        case EventKind::step:
            if (places_[event.target].scheduled == event.number) step(event.target);
            break;
        case EventKind::incident:
            incident(options_.incidents[event.target]);
            break;
        case EventKind::adapter_ready:
            wake_adapter_waiters(event.target);
            break;
        case EventKind::poll_answer:
            see(event.target);
            break;
        case EventKind::poll:
            poll(event.target);
            break;
        case EventKind::watch:
            watch();
            break;
        case EventKind::arrival:
            arrive();
            break;
    }
}

void FleetRun::incident(const Incident& what) {
    Place& place = places_[what.engine];
    switch (what.kind) {
        case Incident::Kind::fail:
            fail(what.engine);
            break;
        case Incident::Kind::start:
            place.engine.start();
            place.started = now_;
            break;
        case Incident::Kind::change:
            place.engine.set_slowness(what.factor, now_);
            schedule_step(what.engine);
            break;
    }
}

void FleetRun::poll(std::uint32_t number) {
    Replica& replica = replicas_[polls_[number].replica];
    const fleet::Slot slot = polls_[number].slot;
    auto& answer = replica.under_way[slot].emplace_back();
    if (places_[replica.first_engine + slot].engine.up()) answer = sample(replica, slot);
    schedule(now_ + options_.poll_delay, EventKind::poll_answer, number);
    schedule(now_ + options_.poll_interval, EventKind::poll, number);
}

void FleetRun::see(std::uint32_t number) {
    Replica& replica = replicas_[polls_[number].replica];
    const fleet::Slot slot = polls_[number].slot;
    fleet::BackendState& row = replica.table.rows[slot];
    std::optional<fleet::LoadSample> fresh = std::move(replica.under_way[slot].front());
    replica.under_way[slot].pop_front();
    row.health = fresh ? fleet::Health::healthy : fleet::Health::unhealthy;
    if (!fresh) return;  // the last good sample stays, as in the proxy
    std::swap(row.sample, fresh);
    row.sample->running_max = replica.batch_limits[slot].see(*row.sample);
    replica.router->sampled(slot, fresh, *row.sample);
}

fleet::LoadSample FleetRun::sample(const Replica& replica, fleet::Slot slot) {
    Place& place = places_[replica.first_engine + slot];
    const EngineModel::Stats stats = place.engine.stats(now_);
    fleet::LoadSample sample;
    sample.sent = TimePoint{now_};
    sample.running = stats.running;
    sample.waiting = stats.waiting + static_cast<double>(place.without_adapter());
    sample.kv_use = stats.kv_use;
    sample.kv_tokens = static_cast<double>(place.engine.model().capacity_tokens());
    sample.cache_queries = static_cast<double>(stats.cache_queries);
    sample.cache_hits = static_cast<double>(stats.cache_hits);
    sample.start_time = start_seconds(place.started);
    sample.adapter_slots = options_.max_adapters;
    tell_adapters(place, sample.adapters);
    sample.started_then = replica.counters[slot].started.load(std::memory_order_relaxed);
    sample.finished_then = replica.counters[slot].finished.load(std::memory_order_relaxed);
    sample.answered_then = replica.counters[slot].answered();
    return sample;
}

// As vLLM does: of those that are loaded, the ones at work; and what is waited for.
void FleetRun::tell_adapters(const Place& place, std::vector<fleet::AdapterUse>& to) const {
    const auto tell = [&](std::uint32_t adapter, bool waiting) {
        if (std::ranges::find(to, adapter, &fleet::AdapterUse::id) != to.end()) return;
        to.push_back({.id = adapter, .waiting = waiting});
    };
    for (const AdapterSlots::Loaded& each : place.adapters.loaded()) {
        if (each.users > 0) tell(each.adapter, false);
    }
    for (const std::uint32_t flight : place.waiting) tell(flights_[flight].request.adapter, true);
}

void FleetRun::watch() {
    std::uint32_t fullest = 0;
    std::uint64_t all = 0;
    for (const Place& place : places_) {
        const std::uint32_t requests = place.requests();
        fullest = std::max(fullest, requests);
        all += requests;
    }
    fullest_sum_ += fullest;
    mean_sum_ += static_cast<double>(all) / static_cast<double>(places_.size());
    schedule(now_ + k_watch_interval, EventKind::watch, 0);
}

}  // namespace penstock::sim
