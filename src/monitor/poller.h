// Asks one server's metrics, health and models, each at its own pace over its own connection.
//
// Owned by the monitor; tells it what came. Control thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "health_state.h"
#include "penstock/base/error.h"
#include "penstock/base/rng.h"
#include "penstock/engine/dialect.h"
#include "penstock/fleet/load.h"
#include "penstock/monitor/monitor.h"

namespace penstock::monitor {

enum class Lane : std::uint8_t { metrics, health, models };

/// What all pollers share; owned by the monitor, outlives them.
struct PollHouse {
    boost::asio::io_context& control;
    const fleet::CounterSlab& counters;
    Rng rng;                   // for jitter
    std::size_t backends = 0;  // how many are polled: they share the budget
};

/// Who is told. Called from the loop, never from inside a call to the poller.
class PollSink {
public:
    PollSink() = default;
    PollSink(const PollSink&) = delete;
    PollSink& operator=(const PollSink&) = delete;
    virtual ~PollSink() = default;
    /// Of the rank with this number; 0 where there are none. All of a poll one after the other.
    virtual void on_metrics(std::size_t rank, const Result<fleet::LoadSample>& sample) = 0;
    virtual void on_health(HealthState::Input input, std::string_view detail) = 0;
    virtual void on_models(const Result<engine::ModelList>& list) = 0;
    /// The interval that this path is asked at from now on, without jitter.
    virtual void on_interval(Lane lane, Micros interval) = 0;
    /// Whether the next answer is wanted soon: unfit, or nothing known yet.
    [[nodiscard]] virtual bool in_doubt(Lane lane) const = 0;
};

class Poller {
public:
    /// Begins at once, with each path that `target.options` names. `sink` outlives it.
    Poller(PollHouse& house, const Target& target, PollSink& sink);
    ~Poller();  // nothing is told after it; connections are closed
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Brings the next poll of this path forward, but to no sooner than 200 ms after the last.
    void hasten(Lane lane);

private:
    struct State;
    struct Track;
    static boost::asio::awaitable<void> follow(std::shared_ptr<State> state, Track* track);
    std::shared_ptr<State> state_;
};

}  // namespace penstock::monitor
