#include "sim_engine.h"

#include <algorithm>
#include <cmath>

#include "penstock/base/assert.h"

namespace penstock::sim {

void SimEngine::submit(Flight flight, const SimRequest& request, Micros now) {
    PENSTOCK_ASSERT(up_);
    advance(now);
    const std::size_t whole = request.prompt_tokens / block_tokens_;
    const std::size_t in_all =
        (std::size_t{request.prompt_tokens} + request.output_tokens) / block_tokens_;
    const std::span blocks{request.blocks.data(), std::min(request.blocks.size(), whole)};
    const std::size_t filled =
        blocks.size() == whole ? std::min(request.answer_blocks.size(), in_all - whole) : 0;
    const std::span answer{request.answer_blocks.data(), filled};
    const RequestId id =
        model_.submit(blocks, request.prompt_tokens, request.output_tokens, answer).id;
    flights_.emplace(id, flight);
    if (step_time_ == Micros{0}) {
        begin_step(now);
    } else if (quiet_ > 0) {
        quiet_ = std::min(quiet_, model_.quiet_steps());
    }
}

std::optional<Micros> SimEngine::due() const {
    if (step_time_ == Micros{0}) return std::nullopt;
    return began_ + step_time_ * (static_cast<std::int64_t>(quiet_) + 1);
}

void SimEngine::step(std::vector<Event>& out) {
    const std::optional<Micros> now = due();
    PENSTOCK_ASSERT(now.has_value());
    model_.skip(quiet_);
    events_.clear();
    model_.step(events_);
    for (const StepEvent& event : events_) {
        if (event.kind == StepEvent::Kind::token) continue;
        const auto found = flights_.find(event.request);
        PENSTOCK_ASSERT(found != flights_.end());
        const bool first = event.kind == StepEvent::Kind::first_token;
        out.push_back({.flight = found->second,
                       .first_token = first,
                       .cached_tokens = model_.cached_tokens(event.request)});
        if (!first) flights_.erase(found);
    }
    begin_step(*now);
}

std::vector<SimEngine::Flight> SimEngine::fail() {
    std::vector<Flight> lost;
    for (const auto& [id, flight] : flights_) lost.push_back(flight);
    std::ranges::sort(lost);  // a hash table's order is nobody's business
    flights_.clear();
    preempted_ += model_.stats().preempted;
    model_.reset();
    step_time_ = Micros{0};
    quiet_ = 0;
    up_ = false;
    return lost;
}

void SimEngine::set_slowness(double factor, Micros now) {
    advance(now);
    slowness_ = factor;
    quiet_ = 0;  // the step under way ends as it began
}

EngineModel::Stats SimEngine::stats(Micros now) {
    advance(now);
    return model_.stats();
}

// Whole quiet steps that have ended by now. One that ends now has ended: the fleet's loop runs
// steps before anything else of the same time.
void SimEngine::advance(Micros now) {
    if (quiet_ == 0) return;
    const auto ended = static_cast<std::uint64_t>((now - began_) / step_time_);
    const auto steps = static_cast<std::uint32_t>(std::min<std::uint64_t>(ended, quiet_));
    model_.skip(steps);
    began_ += step_time_ * static_cast<std::int64_t>(steps);
    quiet_ -= steps;
}

void SimEngine::begin_step(Micros now) {
    began_ = now;
    step_time_ = model_.next_step();
    if (slowness_ != 1 && step_time_ > Micros{0}) {
        const double scaled = static_cast<double>(step_time_.count()) * slowness_;
        step_time_ = Micros{std::max<std::int64_t>(1, std::llround(scaled))};
    }
    quiet_ = model_.quiet_steps();
}

}  // namespace penstock::sim
