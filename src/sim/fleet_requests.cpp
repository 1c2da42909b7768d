// The life of a request in the fleet: arrival, pick, engine, tokens, end.
#include <algorithm>
#include <utility>

#include "fleet_state.h"
#include "penstock/base/assert.h"

namespace penstock::sim {

namespace {

constexpr std::uint32_t k_attempts_max = 3;          // backends tried for one request
constexpr std::uint64_t k_progress_interval = 4096;  // arrivals

float seconds(Micros time) {
    return static_cast<float>(static_cast<double>(time.count()) / 1e6);
}

}  // namespace

bool View::fit(fleet::Slot slot) const noexcept {
    return table.rows[slot].health == fleet::Health::healthy &&
           std::ranges::find(excluded, slot) == excluded.end();
}

const fleet::LoadSample* View::sample(fleet::Slot slot) const noexcept {
    const auto& sample = table.rows[slot].sample;
    return sample ? &*sample : nullptr;
}

void FleetRun::read_next() {
    more_ = source_.next(next_);
    if (!more_) return;
    // A source out of order would turn time back.
    next_.at = std::max(next_.at, now_);
    schedule(next_.at, EventKind::arrival, 0);
}

void FleetRun::arrive() {
    if (free_flights_.empty()) {
        free_flights_.push_back(static_cast<std::uint32_t>(flights_.size()));
        flights_.emplace_back();
    }
    const std::uint32_t flight = free_flights_.back();
    free_flights_.pop_back();
    FlightState& state = flights_[flight];
    std::swap(state.request, next_);
    state.replica = chance_.below(static_cast<std::uint32_t>(replicas_.size()));
    state.began = false;
    state.excluded.clear();
    ++under_way_;
    ++result_.arrived;
    result_.last_arrival = now_;
    if (options_.progress && result_.arrived % k_progress_interval == 0) {
        options_.progress(result_.arrived);
    }
    read_next();
    place(flight);
}

void FleetRun::place(std::uint32_t flight) {
    const SimRequest& request = flights_[flight].request;
    const std::uint64_t tokens = std::uint64_t{request.prompt_tokens} + request.output_tokens;
    if (tokens > capacity_tokens_) {
        ++result_.too_long;
        return end(flight);
    }
    while (flights_[flight].excluded.size() < k_attempts_max) {
        if (attempt(flight)) return;
    }
    ++result_.refused;
    end(flight);
}

// True: it is on its way, or nobody can take it and it has ended.
bool FleetRun::attempt(std::uint32_t flight) {
    FlightState& state = flights_[flight];
    Replica& replica = replicas_[state.replica];
    const View view{.backends = replica.backends,
                    .table = replica.table,
                    .counters = replica.counters,
                    .excluded = state.excluded,
                    .now = TimePoint{now_},
                    .block_tokens = source_.block_tokens(),
                    .exact = replica.exact};
    const std::optional<Choice> choice = replica.router->pick(state.request, view, replica.rng);
    if (!choice) {
        ++result_.refused;
        end(flight);
        return true;
    }
    PENSTOCK_ASSERT(choice->slot < replica.backends.size());
    state.slot = choice->slot;
    state.engine = replica.first_engine + choice->slot;
    state.choice = *choice;
    state.sent = now_;
    state.attempt = ++attempts_;
    const std::uint32_t counted = choice->cache_off ? 0 : believed_tokens(state);
    auto charge =
        fleet::Charge::try_charge(replica.counters[state.slot], 0,
                                  state.request.prompt_tokens - counted, choice->output_tokens);
    state.charge = std::move(*charge);
    state.added = replica.router->sent(state.slot, state.request);
    if (places_[state.engine].engine.up()) {
        enter_adapter(flight);
        return true;
    }
    replica.router->failed(state.slot, state.request, state.added);
    state.charge.release();
    state.excluded.push_back(state.slot);
    ++result_.retried;
    return false;
}

// By the router, at the pick.
std::uint32_t FleetRun::believed_tokens(const FlightState& state) const {
    const std::uint64_t held = std::uint64_t{state.choice.held_blocks} * source_.block_tokens();
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(held, state.request.prompt_tokens));
}

void FleetRun::enter_adapter(std::uint32_t flight) {
    FlightState& state = flights_[flight];
    if (state.request.adapter == 0) return submit(flight);
    Place& place = places_[state.engine];
    const std::optional<Micros> ready = place.adapters.enter(state.request.adapter, now_);
    state.entered = ready.has_value();
    if (!ready) {
        place.waiting.push_back(flight);
    } else if (*ready <= now_) {
        submit(flight);
    } else {
        place.loading.push_back(flight);
        schedule(*ready, EventKind::adapter_ready, state.engine);
    }
}

// Submits whose adapter has been loaded by now. After a failure there may be nobody.
void FleetRun::wake_adapter_waiters(std::uint32_t engine) {
    Place& place = places_[engine];
    std::vector<std::uint32_t> ready;
    std::erase_if(place.loading, [&](std::uint32_t flight) {
        const auto& loaded = place.adapters.loaded();
        const auto found = std::ranges::find(loaded, flights_[flight].request.adapter,
                                             &AdapterSlots::Loaded::adapter);
        const bool now = found != loaded.end() && found->ready <= now_;
        if (now) ready.push_back(flight);
        return now;
    });
    for (const std::uint32_t flight : ready) submit(flight);
}

void FleetRun::submit(std::uint32_t flight) {
    const FlightState& state = flights_[flight];
    places_[state.engine].engine.submit(flight, state.request, now_);
    schedule_step(state.engine);
}

void FleetRun::step(std::uint32_t engine) {
    engine_events_.clear();
    places_[engine].engine.step(engine_events_);
    schedule_step(engine);
    for (const SimEngine::Event& event : engine_events_) {
        if (event.first_token) {
            on_first_token(event.flight, event.cached_tokens);
        } else {
            on_last_token(event.flight);
        }
    }
}

void FleetRun::on_first_token(std::uint32_t flight, std::uint32_t cached_tokens) {
    FlightState& state = flights_[flight];
    state.began = true;
    state.first_token = now_;
    state.cached_tokens = cached_tokens;
    state.charge.prefilled();
    state.prefilled_then = prefilled(state);
    replicas_[state.replica].router->first_token(state.slot, state.request);
}

std::uint64_t FleetRun::prefilled(const FlightState& state) const {
    return replicas_[state.replica].counters[state.slot].prompt_tokens_finished.load(
        std::memory_order_relaxed);
}

void FleetRun::on_last_token(std::uint32_t flight) {
    FlightState& state = flights_[flight];
    const SimRequest& request = state.request;
    const std::uint32_t gaps = request.output_tokens - 1;
    const std::uint32_t believed = believed_tokens(state);
    const auto told = options_.cache_report ? std::optional{state.cached_tokens} : std::nullopt;
    Replica& replica = replicas_[state.replica];
    replica.counters[state.slot].count_answer(request.prompt_tokens, believed);
    Router& router = *replica.router;
    router.observed(state.slot,
                    {.prompt_tokens = request.prompt_tokens,
                     .cached_tokens = told,
                     .output_tokens = request.output_tokens,
                     .counted_tokens = state.choice.cache_off ? 0 : believed,
                     .first_token = state.first_token - state.sent,
                     .inter_token = gaps > 0 ? (now_ - state.first_token) / gaps : Micros{0},
                     .duration = now_ - state.sent,
                     .work_tokens = state.choice.work_tokens,
                     .batch = state.choice.batch,
                     .own_share = state.choice.own_share,
                     .adapter = state.choice.adapter,
                     .beside_tokens = prefilled(state) - state.prefilled_then});
    if (told) router.found_cached(request, state.added, *told);
    router.ended(state.slot, request);
    ++result_.finished;
    ++result_.finished_by[state.engine];
    result_.prompt_tokens += request.prompt_tokens;
    result_.cached_tokens += state.cached_tokens;
    result_.output_tokens += request.output_tokens;
    result_.first_token.push_back(seconds(state.first_token - request.at));
    result_.duration.push_back(seconds(now_ - request.at));
    leave_engine(flight);
    end(flight);
}

// Its adapter's place may be what another waits for.
void FleetRun::leave_engine(std::uint32_t flight) {
    FlightState& state = flights_[flight];
    if (!std::exchange(state.entered, false)) return;
    Place& place = places_[state.engine];
    place.adapters.leave(state.request.adapter, now_);
    const std::deque<std::uint32_t> waiting = std::exchange(place.waiting, {});
    for (const std::uint32_t other : waiting) enter_adapter(other);
}

void FleetRun::fail(std::uint32_t engine) {
    Place& place = places_[engine];
    std::vector<std::uint32_t> lost = place.engine.fail();
    lost.insert(lost.end(), place.loading.begin(), place.loading.end());
    lost.insert(lost.end(), place.waiting.begin(), place.waiting.end());
    place.loading.clear();
    place.waiting.clear();
    place.adapters.clear();
    schedule_step(engine);
    for (const std::uint32_t flight : lost) lose(flight);
}

// Before the first token another backend may answer it.
void FleetRun::lose(std::uint32_t flight) {
    FlightState& state = flights_[flight];
    Router& router = *replicas_[state.replica].router;
    state.entered = false;
    if (state.began) {
        router.ended(state.slot, state.request);
        ++result_.broken;
        return end(flight);
    }
    router.failed(state.slot, state.request, state.added);
    state.charge.release();
    state.excluded.push_back(state.slot);
    ++result_.retried;
    place(flight);
}

void FleetRun::end(std::uint32_t flight) {
    flights_[flight].charge.release();
    free_flights_.push_back(flight);
    --under_way_;
    result_.end = now_;
}

}  // namespace penstock::sim
