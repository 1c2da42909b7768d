// The engine model in real time: one timer a simulated engine, one step after the other while there
// is work. Who submitted a request holds a `Job` and is woken when its tokens come; all of a step
// in one turn of the loop. Thread: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "penstock/base/await.h"
#include "penstock/base/units.h"
#include "penstock/base/waiter.h"
#include "penstock/sim/engine_model.h"

namespace penstock::net {
class Loop;
}

namespace penstock::mock_engine {

class EngineRunner {
public:
    class Job;

    /// `speed` 2: steps take half their time. Positive. The loop outlives this, this its jobs.
    EngineRunner(net::Loop& loop, const sim::EngineProfile& profile, double speed);
    ~EngineRunner();
    EngineRunner(const EngineRunner&) = delete;
    EngineRunner& operator=(const EngineRunner&) = delete;

    /// What each step did to the cache, from now on.
    void on_cache_changes(std::function<void(std::vector<sim::CacheChange>)> told);

    /// Cold cache, counters at zero, every job lost and woken.
    void restart();

    [[nodiscard]] sim::EngineModel::Stats stats() const { return model_.stats(); }
    [[nodiscard]] std::uint64_t capacity_tokens() const noexcept {
        return model_.capacity_tokens();
    }

private:
    void arm(TimePoint from);
    void disarm() noexcept;
    void step_due();
    void note(const sim::StepEvent& event);
    void wake_noted();
    void tell_cache_changes();

    net::Loop& loop_;
    sim::EngineModel model_;
    double speed_;
    boost::asio::steady_timer timer_;
    // A timer's handler may be queued already when the timer is set anew or destroyed: it runs only
    // if it still finds the number it was armed with.
    std::shared_ptr<std::uint64_t> armed_with_ = std::make_shared<std::uint64_t>(0);
    bool armed_ = false;
    bool stepping_ = false;
    TimePoint due_{};
    std::unordered_map<sim::RequestId, Job*> jobs_;
    std::vector<sim::StepEvent> events_;
    std::vector<sim::RequestId> noted_;
    std::vector<sim::CacheChange> cache_changes_;
    std::function<void(std::vector<sim::CacheChange>)> told_cache_;
};

/// A request in the model, as long as somebody wants its answer: destroying it before its end
/// aborts it there.
class EngineRunner::Job {
public:
    /// Preconditions as of `EngineModel::submit`.
    Job(EngineRunner& runner, std::span<const std::uint64_t> blocks, std::uint32_t prompt_tokens,
        std::uint32_t output_tokens);
    ~Job();
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    [[nodiscard]] std::uint32_t produced() const noexcept { return produced_; }
    [[nodiscard]] bool finished() const noexcept { return finished_; }
    /// The engine was restarted; no more will come.
    [[nodiscard]] bool lost() const noexcept { return lost_; }
    /// Known with the first token.
    [[nodiscard]] std::uint32_t cached_tokens() const noexcept { return cached_tokens_; }

    /// Wakes once, when tokens have come or the job is lost. nullptr: forget it.
    void when_changed(Waiter* waiter) noexcept { waiter_ = waiter; }

private:
    friend class EngineRunner;
    EngineRunner& runner_;
    sim::RequestId id_;
    std::uint32_t produced_ = 0;
    std::uint32_t cached_tokens_ = 0;
    bool finished_ = false;
    bool lost_ = false;
    Waiter* waiter_ = nullptr;
};

[[nodiscard]] inline auto changed(EngineRunner::Job& job) noexcept {
    return WakeAwaiter{[&job](Waiter* waiter) noexcept { job.when_changed(waiter); }};
}

}  // namespace penstock::mock_engine
