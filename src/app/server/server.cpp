#include "server.h"

#include <algorithm>
#include <chrono>
#include <latch>
#include <random>

#include "limits.h"
#include "version.h"

namespace penstock::app {

namespace {

std::uint64_t process_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

/// Two descriptors a stream, and some for everything else.
std::uint64_t connections_for(std::uint64_t files) {
    constexpr std::uint64_t k_others = 256;
    return files > 2 * k_others ? (files - k_others) / 2 : files / 4;
}

/// What worker `index` may take of them: all together `most`, and each at least one.
std::uint32_t share_of(std::uint64_t most, std::uint32_t workers, std::uint32_t index) noexcept {
    const std::uint64_t share = most / workers + (index < most % workers ? 1 : 0);
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(share, 1));
}

std::uint64_t budget_of(const ServerConfig& server) {
    return server.buffer_budget.count > 0 ? server.buffer_budget.count : default_buffer_budget();
}

}  // namespace

ProxyServer::ProxyServer(net::Loop& control, Source source)
    : control_{control},
      source_{std::move(source)},
      log_{source_.loaded.config.log},
      index_{process_seed()},  // salted: nobody can make prompts that collide
      sessions_{process_seed()},
      budget_{budget_of(source_.loaded.config.server)},
      generation_{std::make_shared<const proxy::Generation>()},
      table_{std::make_shared<const fleet::LoadTable>()},
      confirmed_table_{table_},
      kv_events_{control_,
                 index_,
                 {.changed = [this](auto slot, auto state) { kv_events_changed(slot, state); },
                  .told = [this](auto slot, auto what) { kv_events_told(slot, what); }}},
      drain_timer_{control},
      handover_timer_{control},
      slots_timer_{control},
      life_timer_{control},
      traffic_timer_{control} {}

ProxyServer::~ProxyServer() {
    if (monitor_) monitor_->stop();
    inspect_.stop();   // it posts to the workers
    workers_.clear();  // joins the threads before anything they use goes
}

Result<void> ProxyServer::start() {
    const ServerConfig& server = source_.loaded.config.server;
    log_.write(telemetry::LogLevel::info, "penstock starts",
               {{"version", PENSTOCK_VERSION}, {"config", source_.loaded.config.file}});
    const std::uint64_t files = raise_file_limit();
    const std::uint32_t workers = server.workers > 0 ? server.workers : usable_cores();
    const std::uint64_t most =
        server.max_connections > 0 ? server.max_connections : connections_for(files);
    const std::uint64_t seed = process_seed();
    const proxy::Shared shared{
        counters_,
        index_,
        adapters_,
        budget_,
        log_,
        [this](fleet::Slot slot, ErrorCode code) {
            control_.post([this, slot, code] { backend_failed(slot, code); });
        },
        &inspect_,
        [this](std::vector<fleet::Observation> seen) {
            control_.post([this, seen = std::move(seen)] { monitor_->learn(seen); });
        },
        &sessions_,
        [this](fleet::ServedPrompt prompt) { return kv_events_.served(std::move(prompt)); },
        &prompt_sums_};
    for (std::uint32_t i = 0; i < workers; ++i) {
        const WorkerLimits limits{.connections = share_of(most, workers, i),
                                  .handshakes = server.max_handshakes};
        workers_.push_back(std::make_unique<WorkerThread>(shared, seed + i, limits));
        registry_.add(workers_.back()->metrics());
    }
    registry_.add_source([this](std::vector<telemetry::Sample>& out) { append_samples(out); });
    monitor_ = std::make_unique<monitor::Monitor>(
        control_.context(), counters_,
        monitor::MonitorHooks{
            .publish =
                [this](const std::shared_ptr<const fleet::LoadTable>& table) {
                    publish_table(table);
                },
            .event = [this](const monitor::Event& event) { monitor_event(event); }});
    load_backend_tls();
    publish_generation();
    load_tls();
    Result<Listeners> opened = open_new(source_.loaded.config);
    if (!opened) return opened.error();
    adjust_listeners(*opened);
    if (Result<void> admin = start_admin(); !admin) return admin.error();
    for (const auto& worker : workers_) worker->start();
    wait_for_workers();
    watch_discovery();
    report_signs_of_life();
    look_at_traffic();
    if (source_.reload && !source_.loaded.config.file.empty()) {
        watch_ = std::make_unique<FileWatch>(control_, source_.loaded.config.file,
                                             [this] { reload(false); });
        renew_offers();
        watch_backend_tls();
    }
    last_reload_unix_ = std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    tell_addresses();
    return {};
}

// Who is told the addresses may send a request at once: by then each worker has the first
// generation and table.
void ProxyServer::wait_for_workers() {
    std::latch begun{static_cast<std::ptrdiff_t>(workers_.size())};
    for (const auto& worker : workers_) worker->call([&begun] { begun.count_down(); });
    begun.wait();
    confirmed_table_ = table_;
}

}  // namespace penstock::app
