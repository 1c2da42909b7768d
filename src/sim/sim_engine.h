// An engine model on the fleet's clock: when it must be looked at next, and what happened by then.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "penstock/sim/engine_model.h"
#include "penstock/sim/request.h"

namespace penstock::sim {

/// Jumps over quiet steps, so that an engine costs an event for each arrival, prefill and end, not
/// for each token. Times are from the beginning of the run and never go back.
class SimEngine {
public:
    using Flight = std::uint32_t;  // the fleet's number of a request under way

    explicit SimEngine(const EngineProfile& profile)
        : model_{profile}, block_tokens_{profile.block_tokens} {}

    /// What of the request's blocks its tokens fill; the rest is left out.
    void submit(Flight flight, const SimRequest& request, Micros now);

    /// When `step` is due; nothing while idle. Changes with every call below and above.
    [[nodiscard]] std::optional<Micros> due() const;

    struct Event {
        Flight flight;
        bool first_token;  // else the last one; both may come in one step
        std::uint32_t cached_tokens;
    };
    /// At `due()`. First and last tokens are appended to `out`.
    void step(std::vector<Event>& out);

    /// Everything running is lost and told; the cache is cold. Refuses until `start`.
    [[nodiscard]] std::vector<Flight> fail();
    void start() { up_ = true; }
    /// From the next step on.
    void set_slowness(double factor, Micros now);

    [[nodiscard]] bool up() const noexcept { return up_; }
    /// As of `now`.
    [[nodiscard]] EngineModel::Stats stats(Micros now);
    [[nodiscard]] const EngineModel& model() const noexcept { return model_; }
    [[nodiscard]] std::uint32_t requests() const noexcept {
        return static_cast<std::uint32_t>(flights_.size());
    }
    [[nodiscard]] std::uint64_t preempted() const { return preempted_ + model_.stats().preempted; }

private:
    void advance(Micros now);
    void begin_step(Micros now);

    EngineModel model_;
    std::uint32_t block_tokens_;
    std::unordered_map<RequestId, Flight> flights_;
    std::vector<StepEvent> events_;
    Micros began_{0};      // of the step under way
    Micros step_time_{0};  // of it; zero: idle
    std::uint32_t quiet_ = 0;
    double slowness_ = 1;
    bool up_ = true;
    std::uint64_t preempted_ = 0;  // before the last failure
};

}  // namespace penstock::sim
