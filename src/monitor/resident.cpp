#include "resident.h"

#include <utility>

namespace penstock::monitor {

Resident::Resident(Owner& owner, Target target, const fleet::Rates& prior)
    : owner_{owner}, target_{std::move(target)}, watch_{target_.options, prior} {
    start();
}

void Resident::start() {
    if (target_.options.enabled && !target_.follows())
        poller_ = std::make_unique<Poller>(owner_.house, target_, *this);
}

void Resident::retune(Target target) {
    poller_.reset();
    target_ = std::move(target);
    watch_.retune(target_.options);
    start();
}

template <class Tell>
void Resident::each_rank(const Tell& tell) {
    if (target_.options.ranks.empty()) return tell(*this);
    for (const fleet::Slot slot : target_.options.ranks) {
        if (Resident* rank = owner_.find(slot)) tell(*rank);
    }
}

void Resident::on_metrics(std::size_t rank, const Result<fleet::LoadSample>& sample) {
    const std::vector<fleet::Slot>& ranks = target_.options.ranks;
    Resident* whose = ranks.empty() ? this : owner_.find(ranks[rank]);
    if (whose != nullptr) whose->settle(whose->watch_.on_metrics(sample));
}

void Resident::on_health(HealthState::Input input, std::string_view detail) {
    each_rank([&](Resident& each) { each.settle(each.watch_.on_health(input, detail)); });
}

void Resident::on_models(const Result<engine::ModelList>& list) {
    each_rank([&](Resident& each) { each.settle(each.watch_.on_models(list)); });
}

void Resident::on_traffic(HealthState::Input input, std::string_view detail) {
    const bool bad = input == HealthState::Input::traffic_bad;
    each_rank([&](Resident& each) {
        each.settle(each.watch_.on_traffic(input, detail));
        if (each.poller_ && bad) each.poller_->hasten(Lane::health);
    });
}

void Resident::on_interval(Lane lane, Micros interval) {
    const Lane shown = target_.options.metrics_path.empty() ? Lane::health : Lane::metrics;
    each_rank([&](Resident& each) {
        if (lane == shown) each.watch_.set_interval(interval);
        each.settle({});
    });
}

bool Resident::in_doubt(Lane lane) const {
    switch (lane) {
        case Lane::metrics:
            return false;
        case Lane::health:
            return watch_.health_in_doubt();
        case Lane::models:
            return !watch_.row().models_listed;
    }
    return false;
}

// A server that came up or restarted may have other models, and its numbers are another's.
void Resident::settle(const Newscast& news) {
    for (const News& each : news) {
        const bool anew = each.kind == Event::Kind::up || each.kind == Event::Kind::restarted;
        if (!anew || !poller_) continue;
        poller_->hasten(Lane::models);
        poller_->hasten(Lane::metrics);
    }
    owner_.settle(*this, news);
}

}  // namespace penstock::monitor
