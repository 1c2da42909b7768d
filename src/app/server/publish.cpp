// Load tables on their way to the workers, what the monitor tells, and slots on their way back.
#include <algorithm>
#include <cmath>

#include "server.h"

namespace penstock::app {

namespace {

constexpr Millis k_life_look{500};
constexpr double k_default_tokens = 1'000'000;
// The index of an engine that tells what it evicts is not to forget before it: what is counted in
// tokens here is a guess. What its events say nothing of must go some day all the same.
constexpr std::size_t k_followed_room = 2;
// An engine's word is no bound: more than any index takes.
constexpr double k_blocks_most = 1U << 30U;

/// Blocks of the prefix index for a cache of `cache_tokens`; 0: the engine does not tell.
std::size_t blocks_for(const routing::BalanceOptions& balance, double cache_tokens,
                       double bytes_per_token) {
    const double configured = balance.index_tokens > 0 ? balance.index_tokens : k_default_tokens;
    const double tokens = cache_tokens > 0 ? cache_tokens : configured;
    const double block_tokens =
        std::max(1.0, static_cast<double>(balance.block_size.count) / bytes_per_token);
    return static_cast<std::size_t>(
        std::clamp(std::floor(tokens / block_tokens), 1.0, k_blocks_most));
}

}  // namespace

void ProxyServer::publish_table(const std::shared_ptr<const fleet::LoadTable>& table) {
    table_ = table;
    for (const auto& worker : workers_) worker->publish(table);
    // Not from here, since the monitor is in the middle of something.
    if (next_ != nullptr) control_.post([this] { consider_handover(); });
    // Only becoming ready needs the workers' word; the rest of the time a table costs one post a
    // worker.
    const bool becomes_ready = readiness_by(*table) == admin::Readiness::ready &&
                               readiness_by(*confirmed_table_) != admin::Readiness::ready;
    if (becomes_ready) {
        confirm_table(table);
    } else {
        confirmed_table_ = table;
    }
}

void ProxyServer::confirm_table(const std::shared_ptr<const fleet::LoadTable>& table) {
    auto missing = std::make_shared<std::size_t>(workers_.size());
    for (const auto& worker : workers_) {
        // Behind the table in the same queue.
        worker->call([this, table, missing] {
            control_.post([this, table, missing] {
                if (--*missing == 0 && table->version > confirmed_table_->version)
                    confirmed_table_ = table;
            });
        });
    }
}

// A slot is given away only when no request holds a generation that knew its backend: one that
// waits for its body may still pick it.
void ProxyServer::look_at_left_slots() {
    struct Answers {
        std::size_t missing;
        std::uint64_t oldest;
    };
    auto answers = std::make_shared<Answers>(Answers{workers_.size(), generation_number_});
    for (const auto& worker : workers_) {
        worker->tell_oldest_generation([this, answers](std::uint64_t oldest) {
            control_.post([this, answers, oldest] {
                answers->oldest = std::min(answers->oldest, oldest);
                if (--answers->missing == 0) release_left_slots(answers->oldest);
            });
        });
    }
}

void ProxyServer::release_left_slots(std::uint64_t oldest_generation) {
    for (auto it = leaving_.begin(); it != leaving_.end();) {
        const auto [slot, without] = *it;
        if (oldest_generation < without || counters_.in_flight(slot) > 0) {
            ++it;
            continue;
        }
        for (const auto& worker : workers_) worker->forget(slot);
        monitor_->forget(slot);
        forget_slot(slot);
        token_lengths_.erase(slot);
        slots_.release(slot);
        it = leaving_.erase(it);
    }
    if (!leaving_.empty()) slots_timer_.set(k_slots_look, slots_hook_);
}

double ProxyServer::told_tokens(fleet::Slot slot) const noexcept {
    const fleet::BackendState* state = fleet::state_of(*table_, slot);
    return state != nullptr && state->sample ? fleet::cache_tokens(*state->sample).value_or(0) : 0;
}

void ProxyServer::forget_slot(fleet::Slot slot) noexcept {
    index_.flush(slot);
    sessions_.forget(slot);
    adapters_.flush(slot);
}

void ProxyServer::size_index(fleet::Slot slot, double cache_tokens) {
    for (const auto& generation : {next_, generation_}) {
        if (generation == nullptr) continue;
        for (const proxy::Pool& pool : generation->pools) {
            const bool here =
                std::any_of(pool.backends.begin(), pool.backends.end(),
                            [slot](const fleet::Backend& each) { return each.slot == slot; });
            if (!here) continue;
            const std::size_t blocks =
                blocks_for(pool.balance, cache_tokens, bytes_per_token(slot));
            const bool told = kv_events_.state_of(slot) == kv_events::State::following;
            return index_.set_capacity(slot, told ? k_followed_room * blocks : blocks);
        }
    }
}

void ProxyServer::learn_token_length(fleet::Slot slot) {
    const fleet::PromptSums::Sum sum = prompt_sums_.of(slot);
    if (token_lengths_.try_emplace(slot, sum).first->second.learn(sum)) {
        size_index(slot, told_tokens(slot));
    }
}

double ProxyServer::bytes_per_token(fleet::Slot slot) const noexcept {
    const auto found = token_lengths_.find(slot);
    return found == token_lengths_.end() ? fleet::TokenLength::k_usual : found->second.bytes();
}

// Who stays may have blocks of another length now, another size where the engine tells none, or its
// events may be followed no longer.
void ProxyServer::resize_index(const proxy::Generation& before) {
    std::map<fleet::Slot, const routing::BalanceOptions*> old;
    for (const proxy::Pool& pool : before.pools) {
        for (const fleet::Backend& backend : pool.backends) old[backend.slot] = &pool.balance;
    }
    for (const proxy::Pool& pool : generation_->pools) {
        for (const fleet::Backend& backend : pool.backends) {
            const auto found = old.find(backend.slot);
            if (found == old.end()) continue;
            if (found->second->block_size != pool.balance.block_size) index_.flush(backend.slot);
            size_index(backend.slot, told_tokens(backend.slot));
        }
    }
}

void ProxyServer::monitor_event(const monitor::Event& event) {
    using Kind = monitor::Event::Kind;
    const auto tell = [&](telemetry::LogLevel level, std::string_view message) {
        log_.write(level, message, {{"backend", event.url}, {"detail", event.detail}});
    };
    switch (event.kind) {
        case Kind::up:
            return tell(telemetry::LogLevel::info, "backend is healthy");
        case Kind::down:
            return tell(telemetry::LogLevel::warning, "backend is unhealthy");
        case Kind::restarted:
            forget_slot(event.slot);
            kv_events_.restarted(event.slot);
            return tell(telemetry::LogLevel::warning,
                        "backend has restarted, its prefix index is flushed");
        case Kind::capacity_known:
            size_index(event.slot, event.cache_tokens);
            return tell(telemetry::LogLevel::debug, "backend's cache size is known");
        case Kind::models_changed:
            return tell(telemetry::LogLevel::info, "backend's models have changed");
        case Kind::cache_off:
            return tell(telemetry::LogLevel::warning,
                        "backend finds nothing cached of what it should hold, is its prefix cache "
                        "switched off? It is chosen by load alone");
        case Kind::cache_on:
            return tell(telemetry::LogLevel::info, "backend's cached prompts are counted on again");
        case Kind::poll_failing:
            return tell(telemetry::LogLevel::warning, "polls of a backend fail");
        case Kind::poll_recovered:
            return tell(telemetry::LogLevel::info, "polls of a backend succeed again");
    }
}

void ProxyServer::backend_failed(fleet::Slot slot, ErrorCode code) {
    monitor_->report_failure(slot, name(code));
}

// An engine that tells what it evicts needs no guess of it.
void ProxyServer::kv_events_changed(fleet::Slot slot, kv_events::State state) {
    const bool good = state == kv_events::State::following;
    log_.write(good ? telemetry::LogLevel::info : telemetry::LogLevel::warning,
               good ? "backend's KV-cache events are followed"
                    : "backend's KV-cache events are not followed, its cache is guessed",
               {{"backend", url_of(slot)}, {"state", std::string{name(state)}}});
    size_index(slot, told_tokens(slot));
}

void ProxyServer::kv_events_told(fleet::Slot slot, std::string_view what) {
    log_.write(telemetry::LogLevel::warning, "of a backend's KV-cache events",
               {{"backend", url_of(slot)}, {"detail", std::string{what}}});
}

std::string ProxyServer::url_of(fleet::Slot slot) const {
    for (const proxy::Pool& pool : generation_->pools) {
        for (const fleet::Backend& backend : pool.backends) {
            if (backend.slot == slot) return backend.url;
        }
    }
    return {};
}

// Successful traffic says as much as a probe; told by a counter, so that no request posts to this
// thread.
void ProxyServer::report_signs_of_life() {
    for (const proxy::Pool& pool : generation_->pools) {
        for (const fleet::Backend& backend : pool.backends) {
            const std::uint64_t served =
                counters_[backend.slot].served.load(std::memory_order_relaxed);
            std::uint64_t& before = served_[backend.slot];
            if (served != before) monitor_->report_success(backend.slot);
            before = served;
            learn_token_length(backend.slot);
        }
    }
    life_timer_.set(k_life_look, life_hook_);
}

}  // namespace penstock::app
