// A backend that lives with the monitor: its watch, and its poller while it is polled.
//
// Carries what polls say to the watch and the outcome to the monitor. Of a server's ranks the first
// one asks, and hands each what is its own and all what is the server's. Control thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "backend_watch.h"
#include "penstock/monitor/monitor.h"
#include "poller.h"

namespace penstock::monitor {

class Resident final : public PollSink {
public:
    /// What all residents share; outlives them.
    struct Owner {
        PollHouse house;
        /// After each step: the row may have changed, and there may be news.
        std::function<void(Resident&, const Newscast&)> settle;
        /// Who lives in the slot; null: nobody.
        std::function<Resident*(fleet::Slot)> find;
    };

    /// Looks at once.
    Resident(Owner& owner, Target target, const fleet::Rates& prior);

    /// The same server, asked differently from now on.
    void retune(Target target);
    /// The same server, asked as before; weight or labels differ.
    void set_target(Target target) { target_ = std::move(target); }
    /// Asks no more; what is known stays.
    void stop() { poller_.reset(); }

    void on_metrics(std::size_t rank, const Result<fleet::LoadSample>& sample) override;
    void on_health(HealthState::Input input, std::string_view detail) override;
    void on_models(const Result<engine::ModelList>& list) override;
    void on_interval(Lane lane, Micros interval) override;
    [[nodiscard]] bool in_doubt(Lane lane) const override;
    /// A worker's word; a failure brings the next probe forward.
    void on_traffic(HealthState::Input input, std::string_view detail);

    [[nodiscard]] BackendWatch& watch() noexcept { return watch_; }
    [[nodiscard]] const Target& target() const noexcept { return target_; }

private:
    void start();
    /// Calls `tell` with each rank of its server, or with itself.
    template <class Tell>
    void each_rank(const Tell& tell);
    void settle(const Newscast& news);

    Owner& owner_;
    Target target_;
    BackendWatch watch_;
    std::unique_ptr<Poller> poller_;
};

}  // namespace penstock::monitor
