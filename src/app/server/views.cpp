// What the admin pages and the metrics show of the control thread's state.
#include <algorithm>
#include <utility>

#include "../config/print_config.h"
#include "first_word.h"
#include "process_stats.h"
#include "server.h"
#include "version.h"

namespace penstock::app {

namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

constexpr std::size_t k_questions_max = 8;

double seconds_between(TimePoint from, TimePoint to) {
    return std::chrono::duration<double>(to - from).count();
}

/// Unix seconds. Read once: all the process's numbers cost a look at each open file.
std::int64_t process_start() {
    static const auto start = static_cast<std::int64_t>(read_process_stats().start_time);
    return start;
}

void append_kv_events(std::vector<telemetry::Sample>& out, const Labels& labels,
                      const admin::KvEventsView& events) {
    const auto add = [&](std::string_view metric, std::uint64_t value, std::string_view label = {},
                         std::string_view word = {}) {
        Labels all = labels;
        if (!label.empty()) all.emplace_back(label, word);
        out.push_back({metric, std::move(all), static_cast<double>(value)});
    };
    const bool following = events.state == name(kv_events::State::following);
    add("penstock_kv_events_followed", following ? 1 : 0);
    add("penstock_kv_events_total", events.stored, "kind", "stored");
    add("penstock_kv_events_total", events.removed, "kind", "removed");
    add("penstock_kv_events_total", events.cleared, "kind", "cleared");
    add("penstock_kv_events_total", events.other, "kind", "other");
    add("penstock_kv_events_undecodable_total", events.undecodable);
    add("penstock_kv_events_gaps_total", events.gaps);
    add("penstock_kv_events_restarts_total", events.restarts);
    add("penstock_kv_events_replays_total", events.replays, "result", "complete");
    add("penstock_kv_events_replays_total", events.replays_failed, "result", "failed");
    add("penstock_kv_events_prompt_blocks_total", events.blocks_paired, "result", "paired");
    add("penstock_kv_events_prompt_blocks_total", events.blocks_unpaired, "result", "unpaired");
    add("penstock_kv_events_engine_blocks", events.engine_blocks);
}

void append_backend(std::vector<telemetry::Sample>& out, const admin::BackendView& view) {
    const Labels labels{{"pool", view.pool}, {"backend", view.url}};
    const auto add = [&](std::string_view metric, double value) {
        out.push_back({metric, labels, value});
    };
    add("penstock_backend_healthy", view.state.health == fleet::Health::healthy ? 1 : 0);
    add("penstock_backend_in_flight", view.in_flight);
    add("penstock_backend_cache_off", view.state.cache_off ? 1 : 0);
    add("penstock_backend_index_blocks", static_cast<double>(view.index_blocks));
    add("penstock_backend_index_capacity_blocks", static_cast<double>(view.index_capacity));
    add("penstock_backend_poll_interval_seconds", view.state.poll_interval_ms / 1000.0);
    if (view.kv_events) append_kv_events(out, labels, *view.kv_events);
    if (!view.state.sample) return;
    const fleet::LoadSample& sample = *view.state.sample;
    add("penstock_backend_sample_age_seconds", view.sample_age_seconds);
    if (sample.running) add("penstock_backend_requests_running", *sample.running);
    if (sample.waiting) add("penstock_backend_requests_waiting", *sample.waiting);
    if (sample.kv_use) add("penstock_backend_kv_usage_ratio", *sample.kv_use);
}

}  // namespace

std::vector<admin::BackendView> ProxyServer::backend_views() const {
    std::vector<admin::BackendView> views;
    for (const proxy::Pool& pool : generation_->pools) {
        for (const fleet::Backend& backend : pool.backends) {
            admin::BackendView view;
            view.pool = pool.name;
            view.url = backend.url;
            view.engine = fleet::name(pool.engine);
            view.weight = backend.weight;
            view.labels = backend.labels;
            view.in_flight = counters_.in_flight(backend.slot);
            view.prefill_tokens = counters_.prefill_tokens(backend.slot);
            view.output_tokens =
                counters_[backend.slot].output_tokens.load(std::memory_order_relaxed);
            if (const auto* state = fleet::state_of(*table_, backend.slot)) view.state = *state;
            if (view.state.sample) {
                const fleet::LoadSample& sample = *view.state.sample;
                view.sample_age_seconds = seconds_between(sample.sent, control_.now());
                view.fresh = fleet::is_fresh(&sample, control_.now(), pool.balance.stale_after);
            }
            const routing::PrefixIndex::Size size = index_.size(backend.slot);
            view.index_blocks = size.blocks;
            view.index_capacity = size.capacity;
            view.kv_events = kv_events_.view(backend.slot);
            views.push_back(std::move(view));
        }
    }
    return views;
}

admin::ProxyView ProxyServer::proxy_view() const {
    const telemetry::Traffic traffic = registry_.traffic();
    admin::ProxyView view;
    view.version = PENSTOCK_VERSION;
    view.started = process_start();
    view.generation = generation_->number;
    view.readiness = readiness();
    view.last_reload = last_reload_;
    view.requests = traffic.requests;
    view.errors = traffic.errors;
    view.last_minute = recent_traffic_.span(control_.now(), traffic);
    for (const PoolConfig& pool : source_.loaded.config.pools) {
        const auto lookups = lookups_.find(pool.name);
        view.pools.push_back(
            {.name = pool.name,
             .engine = std::string{fleet::name(pool.engine)},
             .discover = pool.discover,
             .discovery_error = lookups == lookups_.end() ? "" : lookups->second.error});
    }
    view.backends = backend_views();
    for (admin::BackendView& each : view.backends) {
        each.failures = failures_of({each.pool, each.url}, traffic);
    }
    return view;
}

// Ready means: a request for a known model would be served.
admin::Readiness ProxyServer::readiness() const {
    return draining_ ? admin::Readiness::draining : readiness_by(*confirmed_table_);
}

admin::Readiness ProxyServer::readiness_by(const fleet::LoadTable& table) const {
    bool healthy = false;
    for (const proxy::Pool& pool : generation_->pools) {
        for (const fleet::Backend& backend : pool.backends) {
            const fleet::BackendState* state = fleet::state_of(table, backend.slot);
            if (state == nullptr || backend.weight <= 0) continue;
            if (state->health != fleet::Health::healthy) continue;
            healthy = true;
            if (takes_requests(pool, *state)) return admin::Readiness::ready;
        }
    }
    return healthy ? admin::Readiness::models_not_listed : admin::Readiness::no_healthy_backend;
}

void ProxyServer::append_samples(std::vector<telemetry::Sample>& out) const {
    for (const admin::BackendView& view : backend_views()) append_backend(out, view);
    append_certificates(out);
    append_discoveries(out);
    const auto add = [&](std::string_view metric, double value, Labels labels = {}) {
        out.push_back({metric, std::move(labels), value});
    };
    add("penstock_config_last_reload_successful", last_reload_good_ ? 1 : 0);
    add("penstock_config_last_reload_timestamp_seconds", static_cast<double>(last_reload_unix_));
    add("penstock_config_reloads_total", static_cast<double>(reloads_good_), {{"result", "ok"}});
    add("penstock_config_reloads_total", static_cast<double>(reloads_bad_),
        {{"result", "refused"}});
    add("penstock_config_reloads_total", static_cast<double>(reloads_unopened_),
        {{"result", "listener_failed"}});
    add("penstock_generation", static_cast<double>(generation_->number));
    add("penstock_draining", draining_ ? 1 : 0);
    add("penstock_log_dropped_total", static_cast<double>(log_.dropped()));
    add("penstock_buffered_bytes", static_cast<double>(budget_.used()));
    const ProcessStats process = read_process_stats();
    add("process_cpu_seconds_total", process.cpu_seconds);
    add("process_resident_memory_bytes", process.resident_bytes);
    add("process_virtual_memory_bytes", process.virtual_bytes);
    add("process_open_fds", process.open_fds);
    add("process_max_fds", process.max_fds);
    add("process_start_time_seconds", process.start_time);
    add("process_threads", process.threads);
}

// One worker's view: the loads and the prefix index are everybody's, only the habits of models are
// its own.
bool ProxyServer::explain(proxy::Question question, proxy::Explainer::Tell tell) {
    if (questions_ == k_questions_max) return false;
    ++questions_;
    workers_.front()->explain(
        std::move(question), [this, tell = std::move(tell)](std::string document) {
            control_.post([this, tell, document = std::move(document)]() mutable {
                --questions_;
                tell(std::move(document));
            });
        });
    return true;
}

Result<void> ProxyServer::start_admin() {
    const AdminConfig& admin = source_.loaded.config.admin;
    if (!admin.enabled) return {};
    Result<net::BoundListener> bound = net::bind_listener(admin.address, 1);
    if (!bound) return bound.error();
    admin_address_ = bound->local_address;
    admin::Sources sources;
    sources.proxy = [this] { return proxy_view(); };
    sources.config_json = [this] { return config_json(source_.loaded) + '\n'; };
    sources.readiness = [this] { return readiness(); };
    sources.registry = &registry_;
    sources.explain = [this](http::RequestHead head, std::string body, auto tell) {
        return explain({std::move(head), std::move(body)}, std::move(tell));
    };
    admin_handler_ = std::make_unique<admin::AdminHandler>(std::move(sources));
    admin_connections_ = std::make_unique<Connections>(control_, *admin_handler_, nullptr);
    admin_acceptor_ = std::make_unique<net::Acceptor>(
        control_, bound->fds.front(),
        [this](net::Transport transport) { admin_connections_->serve(std::move(transport), {}); });
    return {};
}

}  // namespace penstock::app
