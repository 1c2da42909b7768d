// From one generation to the next: the old one serves until the new one knows its backends.
#include <algorithm>

#include "first_word.h"
#include "server.h"

namespace penstock::app {

namespace {

// As long as a first probe may take by default. Whoever says nothing for longer holds up a reload
// no further.
constexpr Millis k_first_word_max{5'000};

std::set<fleet::Slot> slots_in(const std::shared_ptr<const proxy::Generation>& generation) {
    std::set<fleet::Slot> slots;
    if (generation == nullptr) return slots;  // there is no next one
    for (const proxy::Pool& pool : generation->pools) {
        for (const fleet::Backend& backend : pool.backends) slots.insert(backend.slot);
    }
    return slots;
}

/// What is wanted, and besides it those who still serve.
std::vector<monitor::Target> with_serving(std::vector<monitor::Target> wanted,
                                          const std::vector<monitor::Target>& serving) {
    std::set<fleet::Slot> slots;
    for (const monitor::Target& target : wanted) slots.insert(target.backend.slot);
    for (const monitor::Target& target : serving) {
        if (!slots.contains(target.backend.slot)) wanted.push_back(target);
    }
    return wanted;
}

}  // namespace

void ProxyServer::publish_generation() {
    Built built = build_generation(source_.loaded.config, known_, slots_, ++generation_number_);
    for (const std::string& problem : built.problems) {
        log_.write(telemetry::LogLevel::error, "a file of the configuration could not be read",
                   {{"why", problem}});
    }
    const bool waiting = next_ != nullptr;
    prepare_slots(std::exchange(next_, built.generation));
    next_targets_ = std::move(built.targets);
    next_sources_ = std::move(built.sources);
    monitor_->set_targets(with_serving(next_targets_, targets_));
    monitor_->publish_now();  // what needs no probe is known now
    const bool serves = readiness_by(*table_) == admin::Readiness::ready;
    if (!serves || may_take_over()) return take_over();
    if (waiting) return;  // by the time of the first that waited
    handover_timer_.set(k_first_word_max, handover_hook_);
    log_.write(telemetry::LogLevel::info, "new backends are probed, the old ones serve until then",
               {{"generation", next_->number}});
}

// `unused`: the generation that was to come and will not.
void ProxyServer::prepare_slots(const std::shared_ptr<const proxy::Generation>& unused) {
    const std::set<fleet::Slot> serving = slots_in(generation_);
    const std::set<fleet::Slot> dropped = slots_in(unused);
    const std::set<fleet::Slot> wanted = slots_in(next_);
    for (const fleet::Slot slot : wanted) {
        leaving_.erase(slot);
        if (serving.contains(slot)) continue;
        const bool known = dropped.contains(slot);  // but perhaps of blocks of another length now
        if (!known) forget_slot(slot);
        size_index(slot, known ? told_tokens(slot) : 0);
    }
    for (const fleet::Slot slot : dropped) {
        if (!wanted.contains(slot) && !serving.contains(slot)) leave(slot, next_->number);
    }
}

bool ProxyServer::may_take_over() const {
    const std::vector<PoolConfig>& pools = source_.loaded.config.pools;
    const bool names_missing =
        std::any_of(pools.begin(), pools.end(), [this](const PoolConfig& pool) {
            return !pool.discover.empty() && pool.backends.empty() &&
                   !known_.discovered.contains(pool.name);
        });
    return !names_missing && !awaits_first_word(*next_, *table_);
}

void ProxyServer::consider_handover() {
    if (next_ != nullptr && may_take_over()) take_over();
}

void ProxyServer::handover_overdue() {
    if (next_ == nullptr) return;
    log_.write(telemetry::LogLevel::warning, "new backends have not answered their first probe",
               {{"generation", next_->number}});
    take_over();
}

void ProxyServer::take_over() {
    handover_timer_.clear();
    const std::set<fleet::Slot> before = slots_in(generation_);
    const bool was_ready = readiness_by(*confirmed_table_) == admin::Readiness::ready;
    const std::shared_ptr<const proxy::Generation> old =
        std::exchange(generation_, std::exchange(next_, nullptr));
    targets_ = std::exchange(next_targets_, {});
    kv_events_.follow(std::exchange(next_sources_, {}));
    const std::set<fleet::Slot> now = slots_in(generation_);
    for (const fleet::Slot slot : before) {
        if (!now.contains(slot)) leave(slot, generation_->number);
    }
    resize_index(*old);
    for (const auto& worker : workers_) worker->publish(generation_);
    // A table that tells of these backends may be confirmed already, but not with this generation.
    if (!was_ready) confirmed_table_ = std::make_shared<const fleet::LoadTable>();
    monitor_->set_targets(targets_);
    monitor_->publish_now();  // right behind the generation, so that its backends have rows
}

void ProxyServer::leave(fleet::Slot slot, std::uint64_t without) {
    leaving_.try_emplace(slot, without);
    slots_timer_.set(k_slots_look, slots_hook_);
}

}  // namespace penstock::app
