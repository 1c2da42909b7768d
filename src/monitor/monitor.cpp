#include "penstock/monitor/monitor.h"

#include <map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "penstock/base/assert.h"
#include "penstock/fleet/priors.h"
#include "resident.h"
#include "table_builder.h"
#include "target_diff.h"

namespace penstock::monitor {

namespace asio = boost::asio;

namespace {

std::uint64_t jitter_seed() {
    return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
}

std::vector<Target> targets_of(const auto& residents) {
    std::vector<Target> targets;
    targets.reserve(residents.size());
    for (const auto& [slot, resident] : residents) targets.push_back(resident->target());
    return targets;
}

}  // namespace

struct Monitor::Impl {
    Impl(asio::io_context& control, const fleet::CounterSlab& counters, MonitorHooks given)
        : hooks{std::move(given)},
          owner{{control, counters, Rng{jitter_seed()}, 0},
                [this](Resident& resident, const Newscast& news) { settle(resident, news); },
                [this](fleet::Slot slot) { return find(slot); }},
          publish_timer{control} {}

    void set_targets(std::vector<Target> targets);
    void apply(Verdict verdict, Target* wanted);
    void settle(Resident& resident, const Newscast& news);
    void count_backends();
    void plan_publish();
    void publish();
    Resident* find(fleet::Slot slot);
    std::unique_ptr<Resident> settle_in(Target newcomer);
    [[nodiscard]] fleet::Rates prior_of(const Target& newcomer) const;

    MonitorHooks hooks;
    Resident::Owner owner;
    std::map<fleet::Slot, std::unique_ptr<Resident>> residents;
    TableBuilder builder;
    asio::steady_timer publish_timer;
    bool publish_planned = false;
    bool in_hook = false;  // a hook that changes who lives here would pull the caller's feet away
    bool stopped = false;
    // Expires with this: a timer that has fired already cannot be called back.
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

void Monitor::Impl::set_targets(std::vector<Target> targets) {
    PENSTOCK_ASSERT(!in_hook);
    if (stopped) return;
    std::map<fleet::Slot, Target*> wanted;
    for (Target& target : targets) wanted[target.backend.slot] = &target;
    for (const Verdict verdict : compare_targets(targets_of(residents), targets)) {
        const auto found = wanted.find(verdict.slot);
        apply(verdict, found == wanted.end() ? nullptr : found->second);
    }
    count_backends();
    plan_publish();
}

void Monitor::Impl::apply(Verdict verdict, Target* wanted) {
    auto& resident = residents[verdict.slot];
    switch (verdict.fate) {
        case Fate::same:
            resident->set_target(std::move(*wanted));
            break;
        case Fate::retuned:
            resident->retune(std::move(*wanted));
            break;
        case Fate::fresh:
            resident.reset();  // its poller first, so that two never write one row
            resident = settle_in(std::move(*wanted));
            break;
        case Fate::left:
            break;
    }
    settle(*resident, resident->watch().set_draining(verdict.fate == Fate::left));
}

std::unique_ptr<Resident> Monitor::Impl::settle_in(Target newcomer) {
    const fleet::Rates prior = prior_of(newcomer);
    return std::make_unique<Resident>(owner, std::move(newcomer), prior);
}

fleet::Rates Monitor::Impl::prior_of(const Target& newcomer) const {
    std::vector<fleet::Rates> others;
    for (const auto& [slot, resident] : residents) {
        if (resident && resident->target().pool == newcomer.pool) {
            others.push_back(resident->watch().row().rates);
        }
    }
    return fleet::expected_rates(newcomer.options.engine, others);
}

// The row goes to the table, the news to the hook. Who drains is no news any more.
void Monitor::Impl::settle(Resident& resident, const Newscast& news) {
    const fleet::Backend& backend = resident.target().backend;
    if (resident.watch().take_changed()) {
        builder.put(backend.slot, resident.watch().row());
        plan_publish();
    }
    if (!hooks.event || resident.watch().row().draining) return;
    in_hook = true;
    for (const News& each : news) {
        hooks.event({each.kind, backend.slot, backend.url, each.detail, each.cache_tokens});
    }
    in_hook = false;
}

void Monitor::Impl::count_backends() {
    owner.house.backends = 0;
    for (const auto& [slot, resident] : residents) {
        const Target& target = resident->target();
        if (target.options.enabled && !target.follows()) ++owner.house.backends;
    }
}

// By the timer even when it is due now: the answers of one turn of the loop share a table.
void Monitor::Impl::plan_publish() {
    if (publish_planned || stopped || !builder.changed()) return;
    publish_planned = true;
    publish_timer.expires_at(builder.due());
    publish_timer.async_wait(
        [this, life = std::weak_ptr{alive}](const boost::system::error_code& error) {
            if (!error && !life.expired()) publish();
        });
}

void Monitor::Impl::publish() {
    publish_planned = false;
    if (stopped) return;
    const TimePoint begun = Clock::now();
    const auto table = builder.publish(begun);
    builder.took(std::chrono::duration_cast<Micros>(Clock::now() - begun));
    in_hook = true;
    if (hooks.publish) hooks.publish(table);
    in_hook = false;
}

Resident* Monitor::Impl::find(fleet::Slot slot) {
    const auto found = residents.find(slot);
    return found == residents.end() ? nullptr : found->second.get();
}

Monitor::Monitor(asio::io_context& control, const fleet::CounterSlab& counters, MonitorHooks hooks)
    : impl_{std::make_unique<Impl>(control, counters, std::move(hooks))} {}

Monitor::~Monitor() {
    stop();
}

void Monitor::set_targets(std::vector<Target> targets) {
    impl_->set_targets(std::move(targets));
}

void Monitor::forget(fleet::Slot slot) {
    PENSTOCK_ASSERT(!impl_->in_hook);
    if (impl_->residents.erase(slot) == 0) return;
    impl_->builder.erase(slot);
    impl_->count_backends();
    impl_->plan_publish();
}

void Monitor::report_failure(fleet::Slot slot, std::string_view what) {
    if (Resident* resident = impl_->find(slot)) {
        resident->on_traffic(HealthState::Input::traffic_bad, what);
    }
}

void Monitor::report_success(fleet::Slot slot) {
    if (Resident* resident = impl_->find(slot)) {
        resident->on_traffic(HealthState::Input::traffic_good, "");
    }
}

void Monitor::learn(const std::vector<fleet::Observation>& seen) {
    for (const fleet::Observation& each : seen) {
        Resident* resident = impl_->find(each.slot);
        if (resident == nullptr) continue;
        resident->watch().learn(each);
        impl_->settle(*resident, {});
    }
}

std::shared_ptr<const fleet::LoadTable> Monitor::table() const {
    return impl_->builder.last();
}

void Monitor::publish_now() {
    impl_->publish();
}

void Monitor::stop() {
    impl_->stopped = true;
    impl_->publish_timer.cancel();
    for (const auto& [slot, resident] : impl_->residents) resident->stop();
}

}  // namespace penstock::monitor
