// What a fleet run consists of while it runs. Private to the module.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "penstock/fleet/batch_limit.h"
#include "penstock/fleet/charge.h"
#include "penstock/sim/adapter_slots.h"
#include "penstock/sim/fleet_run.h"
#include "sim_engine.h"

namespace penstock::sim {

/// In the order in which things of the same time happen: who comes finds the step ended and the
/// sample seen.
enum class EventKind : std::uint8_t {
    step,
    incident,
    adapter_ready,
    poll_answer,
    poll,
    watch,
    arrival
};

struct FleetEvent {
    Micros at{0};
    EventKind kind = EventKind::arrival;
    std::uint32_t target = 0;  // engine, incident, or number of a poll
    std::uint64_t number =
        0;  // of its scheduling: the last key, so that order never depends on luck
};

struct Later {
    bool operator()(const FleetEvent& a, const FleetEvent& b) const noexcept {
        if (a.at != b.at) return a.at > b.at;
        if (a.kind != b.kind) return a.kind > b.kind;
        return a.number > b.number;
    }
};

/// A request from its arrival to its end.
struct FlightState {
    SimRequest request;
    std::uint32_t replica = 0;
    fleet::Slot slot = 0;      // in its replica
    std::uint32_t engine = 0;  // in the fleet
    Choice choice;
    std::uint64_t prefilled_then = 0;  // by its proxy's prompts there, at the first token
    std::uint32_t cached_tokens = 0;
    std::uint64_t attempt = 0;  // a number of its own, so that an old adapter's news finds nobody
    Micros sent{0};
    Micros first_token{0};
    bool began = false;    // its first token came
    bool entered = false;  // it has a place in the engine's adapter slots
    fleet::Charge charge;
    routing::PrefixIndex::Added added;
    std::vector<fleet::Slot> excluded;
};

/// One proxy. It shares nothing with the others.
struct Replica {
    Replica(std::uint32_t first, std::uint32_t count, std::unique_ptr<Router> with,
            std::uint64_t seed)
        : first_engine{first}, router{std::move(with)}, rng{seed} {
        table.rows.resize(count);
        under_way.resize(count);
        batch_limits.resize(count);
    }
    std::uint32_t first_engine;  // of those it knows; slot 0
    std::vector<fleet::Backend> backends;
    fleet::CounterSlab counters;
    fleet::LoadTable table;
    // Answers that are on their way, by slot, the oldest first; nothing: the engine was down.
    std::vector<std::deque<std::optional<fleet::LoadSample>>> under_way;
    std::vector<fleet::BatchLimit> batch_limits;
    std::unique_ptr<Router> router;
    Rng rng;
    ExactMatch exact;
};

/// One engine with what surrounds the model.
struct Place {
    Place(const EngineProfile& profile, const FleetOptions& options)
        : engine{profile}, adapters{options.max_adapters, options.adapter_load} {}
    [[nodiscard]] std::size_t without_adapter() const noexcept {
        return waiting.size() + loading.size();
    }
    /// That were sent here and have not ended.
    [[nodiscard]] std::uint32_t requests() const noexcept {
        return engine.requests() + static_cast<std::uint32_t>(without_adapter());
    }

    SimEngine engine;
    AdapterSlots adapters;
    std::deque<std::uint32_t> waiting;   // flights without an adapter slot, in order of arrival
    std::vector<std::uint32_t> loading;  // flights whose adapter is on its way
    std::uint64_t scheduled = 0;         // number of the step event that counts
    Micros scheduled_at{-1};
    Micros started{0};
};

class FleetRun {
public:
    FleetRun(const FleetOptions& options, RequestSource& source, const RouterFactory& make_router);
    ~FleetRun();
    RunResult run();

private:
    void begin();
    void handle(const FleetEvent& event);
    std::uint64_t schedule(Micros at, EventKind kind, std::uint32_t target);
    void schedule_step(std::uint32_t engine);
    void read_next();

    void arrive();
    void place(std::uint32_t flight);
    bool attempt(std::uint32_t flight);
    void submit(std::uint32_t flight);
    void enter_adapter(std::uint32_t flight);
    void wake_adapter_waiters(std::uint32_t engine);
    void leave_engine(std::uint32_t flight);

    void step(std::uint32_t engine);
    [[nodiscard]] std::uint64_t prefilled(const FlightState& state) const;
    [[nodiscard]] std::uint32_t believed_tokens(const FlightState& state) const;
    void on_first_token(std::uint32_t flight, std::uint32_t cached_tokens);
    void on_last_token(std::uint32_t flight);
    void lose(std::uint32_t flight);
    void end(std::uint32_t flight);

    void incident(const Incident& what);
    void fail(std::uint32_t engine);
    void poll(std::uint32_t number);
    void see(std::uint32_t number);
    [[nodiscard]] fleet::LoadSample sample(const Replica& replica, fleet::Slot slot);
    void tell_adapters(const Place& place, std::vector<fleet::AdapterUse>& to) const;
    void add_replicas(const RouterFactory& make_router);
    void watch();

    const FleetOptions& options_;
    RequestSource& source_;
    std::deque<Place> places_;
    std::deque<Replica> replicas_;
    struct Poll {
        std::uint32_t replica;
        fleet::Slot slot;
    };
    std::vector<Poll> polls_;  // by number

    std::priority_queue<FleetEvent, std::vector<FleetEvent>, Later> queue_;
    std::deque<FlightState> flights_;
    std::vector<std::uint32_t> free_flights_;
    std::vector<SimEngine::Event> engine_events_;
    SimRequest next_;
    bool more_ = false;                  // `next_` is to come
    std::uint64_t capacity_tokens_ = 0;  // of the smallest engine
    Micros now_{0};
    std::uint64_t scheduled_ = 0;
    std::uint64_t attempts_ = 0;
    std::uint32_t under_way_ = 0;
    Rng chance_;  // of the fleet; routers have their own, so that all policies meet the same
                  // traffic
    double fullest_sum_ = 0;
    double mean_sum_ = 0;
    RunResult result_;
};

}  // namespace penstock::sim
