#include "engine_runner.h"

#include <algorithm>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "penstock/base/assert.h"
#include "penstock/net/loop.h"

namespace penstock::mock_engine {

EngineRunner::EngineRunner(net::Loop& loop, const sim::EngineProfile& profile, double speed)
    : loop_{loop}, model_{profile}, speed_{speed}, timer_{loop.context()} {
    PENSTOCK_ASSERT(speed > 0);
}

EngineRunner::~EngineRunner() {
    PENSTOCK_ASSERT(jobs_.empty());
    disarm();
}

// The loop's own timers turn every 20 ms, too coarse for steps of 10.
void EngineRunner::arm(TimePoint from) {
    const Micros step = model_.next_step();
    if (armed_ || stepping_ || step == Micros{0}) return;
    armed_ = true;
    const std::chrono::duration<double, std::micro> scaled =
        std::chrono::duration<double, std::micro>{step} / speed_;
    // Counted from when the last step was due, so that lateness does not add up; but a machine too
    // slow for the profile falls behind for good.
    due_ = std::max(from + std::chrono::duration_cast<Clock::duration>(scaled), loop_.now());
    timer_.expires_at(due_);
    timer_.async_wait(
        [this, number = ++*armed_with_, current = armed_with_](const auto& /*error*/) {
            if (number == *current) step_due();
        });
}

void EngineRunner::disarm() noexcept {
    ++*armed_with_;
    armed_ = false;
    timer_.cancel();
}

void EngineRunner::step_due() {
    events_.clear();
    model_.step(events_);
    tell_cache_changes();  // before the tokens, as engines do
    for (const sim::StepEvent& event : events_) note(event);
    // Who submits while being woken starts no timer: the next step begins where this one ended.
    const TimePoint ended = due_;
    armed_ = false;
    stepping_ = true;
    wake_noted();
    stepping_ = false;
    arm(ended);
}

void EngineRunner::note(const sim::StepEvent& event) {
    const auto found = jobs_.find(event.request);
    if (found == jobs_.end()) return;
    Job& job = *found->second;
    job.produced_ = event.index + 1;
    if (event.kind == sim::StepEvent::Kind::first_token) {
        job.cached_tokens_ = model_.cached_tokens(event.request);
    }
    if (event.kind == sim::StepEvent::Kind::finished) job.finished_ = true;
    if (noted_.empty() || noted_.back() != event.request) noted_.push_back(event.request);
}

// Looked up one by one, since who is woken may end its own job and others.
void EngineRunner::wake_noted() {
    const std::vector<sim::RequestId> ids = std::exchange(noted_, {});
    for (const sim::RequestId id : ids) {
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) continue;
        if (Waiter* waiter = std::exchange(found->second->waiter_, nullptr)) waiter->wake();
    }
}

void EngineRunner::on_cache_changes(std::function<void(std::vector<sim::CacheChange>)> told) {
    told_cache_ = std::move(told);
    model_.log_cache(&cache_changes_);
}

void EngineRunner::tell_cache_changes() {
    if (!cache_changes_.empty()) told_cache_(std::exchange(cache_changes_, {}));
}

void EngineRunner::restart() {
    disarm();
    model_.reset();
    cache_changes_.clear();
    for (const auto& [id, job] : jobs_) {
        if (job->finished_) continue;
        job->lost_ = true;
        noted_.push_back(id);
    }
    wake_noted();
}

EngineRunner::Job::Job(EngineRunner& runner, std::span<const std::uint64_t> blocks,
                       std::uint32_t prompt_tokens, std::uint32_t output_tokens)
    : runner_{runner}, id_{runner.model_.submit(blocks, prompt_tokens, output_tokens).id} {
    runner_.jobs_.emplace(id_, this);
    runner_.arm(runner_.loop_.now());
}

EngineRunner::Job::~Job() {
    runner_.jobs_.erase(id_);
    runner_.model_.abort(id_);
    if (runner_.model_.next_step() == Micros{0}) runner_.disarm();
}

}  // namespace penstock::mock_engine
